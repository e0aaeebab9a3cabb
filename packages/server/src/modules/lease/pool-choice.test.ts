import { expect, test } from 'vitest'
import { isAccelerator } from '#kernel/accelerator.ts'
import { type Candidate, choosePool, onlyPool, type PoolWish } from './pool-choice.ts'

function pool(name: string, parts: Partial<Candidate> = {}): Candidate {
  return {
    pool: name,
    accelerator: 'NVIDIA H100 80GB HBM3',
    site: 'fra-1',
    region: 'eu-central',
    jurisdiction: 'DE',
    nodes: [{ slotCount: 8, free: 8, fabric: 'f' }],
    ...parts,
  }
}

const A100 = pool('old', {
  accelerator: 'NVIDIA A100-SXM4-80GB',
  site: 'ams-1',
  jurisdiction: 'NL',
})
const FULL = [{ slotCount: 8, free: 0, fabric: 'f' }]

function choose(wish: Partial<PoolWish>, ...candidates: Candidate[]) {
  return choosePool({ gpus: 8, isOneFabric: false, ...wish }, candidates)
}

test('an accelerator is asked for by words of its name', () => {
  expect(isAccelerator('H100', 'NVIDIA H100 80GB HBM3')).toBe(true)
  expect(isAccelerator('h100-80gb', 'NVIDIA H100 80GB HBM3')).toBe(true)
  expect(isAccelerator('H10', 'NVIDIA H100 80GB HBM3')).toBe(false)
  expect(isAccelerator('H200', 'NVIDIA H100 80GB HBM3')).toBe(false)
  expect(isAccelerator('::', 'NVIDIA H100')).toBe(false)
})

test('of the pools that are what was asked, the first with room now is taken, else the first', () => {
  const [full, free] = [pool('full', { nodes: FULL }), pool('free')]
  expect(choose({ accelerator: 'H100' }, A100, full, free)).toMatchObject({ pool: 'free' })
  expect(choose({ accelerator: 'H100' }, A100, full)).toMatchObject({ pool: 'full', nodes: 1 })
  expect(choose({ pool: 'full' }, full, free)).toMatchObject({ pool: 'full' })
})

test('site, region and jurisdiction are kept to, whatever is free elsewhere', () => {
  expect(choose({ jurisdiction: 'nl' }, pool('de'), A100)).toMatchObject({ pool: 'old' })
  expect(choose({ site: 'fra-1' }, A100, pool('de'))).toMatchObject({ pool: 'de' })
  expect(choose({ region: 'us-east' }, A100, pool('de'))).toMatchObject({ kind: 'none_matches' })
})

test('when nothing is what was asked, the nearest is named with what it has free', () => {
  expect(choose({ accelerator: 'H200' }, A100, pool('full', { nodes: FULL }))).toEqual({
    kind: 'none_matches',
    text: 'No pool has the accelerator H200. The nearest: NVIDIA A100-SXM4-80GB has 8 free in ams-1 (pool old).',
    near: { pool: 'old', accelerator: 'NVIDIA A100-SXM4-80GB', site: 'ams-1', gpusFree: 8 },
  })
  expect(choose({ accelerator: 'H100', site: 'ams-1' }, A100, pool('de'))).toMatchObject({
    text: expect.stringMatching(
      /accelerator H100 and stands at the site ams-1\. .*fra-1 \(pool de\)/,
    ),
  })
})

test('what no matching pool could ever give is told with the most there is, and where there is more', () => {
  const large = { ...A100, nodes: Array.from({ length: 4 }, () => pool('x').nodes).flat() }
  expect(choose({ accelerator: 'H100', gpus: 16 }, pool('de'), large)).toMatchObject({
    kind: 'never',
    gpusMax: 8,
    text: expect.stringMatching(/largest node has 8\. The nearest: .* 32 free in ams-1/),
  })
})

test('one fabric is promised only where one has nodes enough', () => {
  const nodes = ['a', 'a', 'b'].map((fabric) => ({ slotCount: 8, free: 8, fabric }))
  expect(choose({ gpus: 16, isOneFabric: true }, pool('p', { nodes }))).toMatchObject({ nodes: 2 })
  const three = choose({ gpus: 24, isOneFabric: true }, pool('p', { nodes }))
  expect(three).toMatchObject({ kind: 'never', gpusMax: 8 })
  const silent = nodes.map((node) => ({ ...node, fabric: null }))
  expect(choose({ gpus: 16, isOneFabric: true }, pool('p', { nodes: silent }))).toMatchObject({
    kind: 'never',
    text: expect.stringMatching(/do not say which fabric/),
  })
})

test('the only pool that could ever give it is chosen without a look at what is free, and no other way', () => {
  const whole = { gpus: 8, isOneFabric: false }
  const wishes: PoolWish[] = [
    { ...whole, pool: 'full' },
    { ...whole, accelerator: 'A100' },
    { ...whole, gpus: 16, pool: 'two' },
    { ...whole, gpus: 16, isOneFabric: true },
    { ...whole, accelerator: 'H100' },
    { ...whole, gpus: 64 },
    { ...whole, region: 'us-east' },
  ]
  const two = pool('two', { nodes: [...FULL, ...FULL] })
  const candidates = [A100, pool('full', { nodes: FULL }), two]
  const empty = candidates.map((each) => ({
    ...each,
    nodes: each.nodes.map((node) => ({ ...node, free: node.slotCount })),
  }))
  const found = wishes.map((wish) => onlyPool(wish, empty))
  for (const [index, only] of found.entries())
    if (only) expect(only).toEqual(choosePool(wishes[index] ?? whole, candidates))
  expect(found.map((only) => only?.pool ?? null)).toEqual([
    ...['full', 'old', 'two', 'two'],
    ...[null, null, null],
  ])
})
