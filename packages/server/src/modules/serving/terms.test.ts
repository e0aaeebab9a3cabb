/** How a deployment scales: what the fleet file declares, and what an operator changed, each in its turn. */
import { afterEach, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { makeSimulatedPool, type SimulatedPool } from '../../../test/harness/simulated-pool.ts'
import { declareModel } from './model-service.ts'
import { declareReplicaDeployments } from './service.ts'
import { listDeployments } from './store.ts'
import { changeTerms, setReplicasWanted } from './terms-service.ts'
import { areSame, fixedTerms, type ScalingTerms, withinBounds } from './terms.ts'

const FILE: ScalingTerms = {
  ...{ policy: 'autoscale', replicasMin: 1, replicasMax: 4 },
  ...{ idleMs: 60_000, steadyMs: 60_000, bandPpm: 100_000 },
}

let stand: SimulatedPool | null = null

afterEach(() => stand?.dispose())

async function begin() {
  const { db } = await cloneDatabase()
  stand = await makeSimulatedPool(db)
  const { clock, context } = stand
  const declare = (terms: ScalingTerms) =>
    inTransaction(db, (tx) =>
      declareReplicaDeployments(tx, [{ model: 'toy', pool: 'p', terms, weights: null }], context()),
    )
  await inTransaction(db, async (tx) => {
    const usd = money('1')
    const prices = { inputUsdPerMillionTokens: usd, outputUsdPerMillionTokens: usd }
    const card = { publisher: '', licence: '', isToy: true, contextTokens: 9, description: '' }
    await declareModel(tx, { name: 'toy', displayName: 'toy', ...card, ...prices }, context())
  })
  await declare(FILE)
  const find = async () => {
    const [found] = await listDeployments(db)
    if (!found) throw new Error('there is no deployment')
    return found
  }
  const { id } = await find()
  return {
    ...{ db, declare, find, id },
    change: (change: Partial<ScalingTerms>) =>
      inTransaction(db, (tx) => changeTerms(tx, id, { change, now: clock.now() })),
    move: (from: number, to: number) =>
      inTransaction(db, (tx) => setReplicasWanted(tx, { id, from, to }, clock.now())),
  }
}

test('what an operator changed stands until the file says something else than before', async () => {
  const { declare, find, change } = await begin()
  await change({ replicasMax: 8, idleMs: 5000 })
  await declare(FILE)
  expect((await find()).terms).toEqual({ ...FILE, replicasMax: 8, idleMs: 5000 })
  await declare({ ...FILE, replicasMin: 2 })
  expect(await find()).toMatchObject({ terms: { ...FILE, replicasMin: 2 }, replicasWanted: 2 })
})

test('a start keeps as many replicas as there were, within the bounds', async () => {
  const { declare, find, move } = await begin()
  expect(await move(1, 3)).toBe(true)
  await declare(FILE)
  expect((await find()).replicasWanted).toBe(3)
  await declare({ ...FILE, replicasMax: 2 })
  expect((await find()).replicasWanted).toBe(2)
})

test('a move that was decided on another number is not made', async () => {
  const { find, move, change } = await begin()
  expect(await move(2, 3)).toBe(false)
  expect((await find()).replicasWanted).toBe(1)
  await change({ replicasMax: 2 })
  expect(await move(1, 4)).toBe(true)
  expect((await find()).replicasWanted).toBe(2)
})

test('bounds that do not fit together are refused, and a fixed number is both of them', async () => {
  const { find, change } = await begin()
  await expect(change({ replicasMin: 5 })).rejects.toMatchObject({
    code: 'deployment.bounds_wrong',
  })
  await change({ policy: 'fixed', replicasMax: 3 })
  expect(await find()).toMatchObject({
    ...{ terms: { policy: 'fixed', replicasMin: 3, replicasMax: 3 }, replicasWanted: 3 },
  })
  await expect(change({ replicasMin: 1, replicasMax: 3 })).rejects.toMatchObject({
    code: 'deployment.bounds_wrong',
  })
})

test('terms are compared by what they say', () => {
  expect(areSame(FILE, { ...FILE })).toBe(true)
  expect(areSame(FILE, { ...FILE, bandPpm: 0 })).toBe(false)
  expect([0, 2, 9].map((replicas) => withinBounds(replicas, FILE))).toEqual([1, 2, 4])
  expect(fixedTerms(2)).toMatchObject({ policy: 'fixed', replicasMin: 2, replicasMax: 2 })
})
