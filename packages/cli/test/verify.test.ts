/** The buyer's verifier: it agrees with the server's own clearings, finds what was changed, and asks nobody. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClearingLog } from '@spillway/contract'
import { expect, test } from 'vitest'
import { money, picos } from '../../server/src/kernel/money.ts'
import {
  type Bid,
  clearWindow,
  logOf,
  TightPlacer,
  type Window,
} from '../../server/src/modules/market/index.ts'
import { renderLog } from '../../server/src/modules/order/index.ts'
import { picosOf, renderPicos } from '../src/verify/amount.ts'
import { findDifferences } from '../src/verify/clearing.ts'
import { createWorkplace } from './workplace.ts'

const { run, folder } = createWorkplace()

/** The same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 12_345) % 4_294_967_296
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * below)
  }
}

function drawBid(sequence: number, draw: (below: number) => number): Bid {
  const nodes = draw(4) === 0 ? 1 + draw(4) : 1
  return {
    ...{ sequence, buyer: `b${draw(6)}`, nodes, gpus: nodes * (1 + draw(8)) },
    fabric: draw(3) === 0 ? 'same' : 'any',
    limit: picos(BigInt(1 + draw(250)) * 10_000_000_000n + BigInt(draw(1000))),
  }
}

/** A window of every kind: thin and deep, full and empty, with and without a last price. */
function drawLog(seed: number): ClearingLog {
  const draw = chance(seed)
  const nodes = Array.from({ length: 1 + draw(12) }, () => ({
    free: draw(9),
    fabric: draw(4) === 0 ? null : `f${draw(3)}`,
  }))
  const free = nodes.reduce((sum, node) => sum + node.free, 0)
  const window: Window = {
    rule: {
      ...{ floor: money('0.2'), ceiling: money('2.000000000001'), kneePpm: draw(900_000) },
      ...{ movePpm: draw(600_000), depthMin: 3, mergesMax: 0, swapsMax: draw(6) },
      concentrationPpm: 200_000 + draw(800_001),
    },
    utilisationPpm: draw(1_000_001),
    previous: draw(3) === 0 ? null : picos(BigInt(20 + draw(180)) * 10_000_000_007n),
    gpusMax: draw(4) === 0 ? draw(free + 1) : free,
    isQuoted: draw(6) === 0,
    bids: Array.from({ length: draw(40) }, (_, sequence) => drawBid(sequence, draw)),
  }
  return renderLog(logOf(window, nodes, clearWindow(window, new TightPlacer(nodes))))
}

test('computes every clearing as the server does, though it was written apart', () => {
  let swaps = 0
  for (let seed = 1; seed <= 3000; seed++) {
    const log = drawLog(seed)
    swaps += log.figures.swaps
    expect(findDifferences(log), `seed ${seed}`).toEqual([])
  }
  expect(swaps).toBeGreaterThan(20)
})

test('whatever is changed in a log is found', () => {
  const log = drawLog(7)
  const [first] = log.bids
  if (first === undefined) throw new Error('no bids')
  const cheaper = { ...log, priceUsd: renderPicos(picosOf(log.priceUsd) + 1n) }
  expect(findDifferences(cheaper).join(' ')).toContain('The price is logged as')
  const outcome = first.outcome === 'accepted' ? 'no_room' : 'accepted'
  const other = { ...log, bids: [{ ...first, outcome } as const, ...log.bids.slice(1)] }
  expect(findDifferences(other)).toEqual([
    `Bid ${first.sequence} is logged as ${outcome}, and computes as ${first.outcome}.`,
  ])
  const figures = { ...log.figures, gpusSold: log.figures.gpusSold + 1 }
  expect(findDifferences({ ...log, figures })).toHaveLength(1)
  const winner = log.bids.find((each) => each.outcome === 'accepted')
  const without = { ...log, bids: log.bids.filter((each) => each !== winner) }
  expect(findDifferences(without).length).toBeGreaterThan(0)
})

test('a downloaded log is verified without asking anybody, and by its exit code', async () => {
  const log = drawLog(7)
  const path = join(folder(), 'clearing.json')
  await writeFile(path, JSON.stringify({ id: 'any', log }))
  const good = await run(['clearing', 'verify', path])
  expect(good.stdout).toMatch(/^holds: /)
  expect(good.code).toBe(0)
  await writeFile(path, JSON.stringify({ ...log, priceUsd: '9' }))
  const bad = await run(['clearing', 'verify', path, '--json'])
  expect(JSON.parse(bad.stdout)).toMatchObject({
    holds: false,
    differences: [expect.stringContaining('The price')],
  })
  expect(bad.code).toBe(1)
  await writeFile(path, JSON.stringify({ ...log, gpusMax: 'many' }))
  const broken = await run(['clearing', 'verify', path])
  expect(broken.stderr).toContain('gpusMax')
  expect(broken.code).toBe(2)
})
