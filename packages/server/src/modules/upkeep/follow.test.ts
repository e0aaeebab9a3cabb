import { afterAll, expect, test } from 'vitest'
import { accountPool } from '#modules/book/index.ts'
import { type Lease, listFacts, listLeases, stopLease } from '#modules/lease/index.ts'
import { latestDemand } from '#modules/market/index.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { makeStand, POOL } from './testing/stand.ts'

const { db } = await cloneDatabase()
const stand = await makeStand(db)
afterAll(stand.dispose)
const { controls } = stand

async function adopted() {
  const leases = await listLeases(db, { organizationId: null, kind: 'anchor', limit: 100 })
  return leases.filter((lease) => lease.engineRun !== null)
}

test('work that the owner\u2019s people start is entered with its slots, its account and its true start', async () => {
  const runId = await controls.submitForeign({ nodes: 1, gpusPerNode: 2 })
  expect(await stand.follow()).toBe(true)
  const [lease] = await adopted()
  expect(lease).toMatchObject({
    ...{ engineRun: runId, state: 'running', gpus: 2, kind: 'anchor' },
    organizationId: stand.research.id,
  })
  const { work } = await stand.engine.foreign()
  expect(lease?.startedAt).toEqual(
    stand.deps.instantOf((await stand.engine.foreign()).bootId, work[0]?.startedMs ?? 0),
  )
  expect(await stand.book()).toEqual(['sim-001/0 anchor', 'sim-001/1 anchor'])
  const facts = await listFacts(db, lease?.id ?? '')
  expect(facts.map(({ type }) => type)).toEqual(['lease.adopted'])
})

test('it is entered once, whatever the number of looks, and is no case', async () => {
  await stand.follow()
  await stand.follow()
  expect(await adopted()).toHaveLength(1)
  await stand.reconcile()
  expect(await stand.reconcile()).toEqual([])
})

test('akash-network/node#1439 what waits in the engine is demand, kept with what runs, and takes no slot', async () => {
  await controls.submitForeign({ nodes: 4, gpusPerNode: 4 })
  await stand.follow()
  expect(await latestDemand(db, POOL)).toMatchObject({
    ...{ runningGpus: 2, pendingGpus: 16, runningJobs: 1, pendingJobs: 1 },
  })
  expect(await stand.book()).toHaveLength(2)
  const { work } = await stand.engine.foreign()
  await controls.endForeign(work.find(({ state }) => state === 'pending')?.runId ?? '')
})

test('its end is an end only in a report that succeeds', async () => {
  const [lease] = await adopted()
  await controls.failEngine()
  await expect(stand.follow()).rejects.toThrow()
  expect(await stand.book()).toHaveLength(2)
  await controls.bringEngineBack()
  await controls.endForeign(lease?.engineRun ?? '')
  await untilTrue(async () => ((await stand.engine.foreign()).work.length === 0 ? true : null))
  await stand.follow()
  expect(await stand.find(lease?.id ?? '')).toMatchObject({ state: 'ended', endReason: 'exited' })
  expect(await stand.book()).toEqual([])
})

test('dstack#2917 dstack#1358 work that pushes a lease aside gets the slot when the lease is confirmed gone, not before', async () => {
  const spot: Lease[] = []
  for (let node = 0; node < 4; node++) spot.push(await stand.lease({ gpus: 4 }))
  const runId = await controls.submitForeign({ nodes: 1, gpusPerNode: 4 })
  await untilTrue(async () => {
    const { work } = await stand.engine.foreign()
    return work.find((each) => each.runId === runId)?.state === 'running' ? true : null
  })
  expect(await stand.follow()).toBe(false)
  expect((await adopted()).filter((lease) => lease.engineRun === runId)).toEqual([])
  for (const { id } of spot) await stand.step(id)
  const gone = (await Promise.all(spot.map(({ id }) => stand.find(id)))).filter(
    ({ state }) => state === 'ended',
  )
  expect(gone).toHaveLength(1)
  expect(await stand.follow()).toBe(true)
  const [lease] = (await adopted()).filter((each) => each.engineRun === runId)
  expect(lease?.placements).toEqual(spot.find(({ id }) => id === gone[0]?.id)?.placements)
  const now = stand.deps.now()
  const window = { from: new Date(now.getTime() - 60_000), to: now, count: 7 }
  for (const bucket of await accountPool(db, POOL, window))
    expect(Object.values(bucket.byKindMs).reduce((sum, ms) => sum + ms, bucket.freeMs)).toBe(
      bucket.totalMs,
    )
})

test('work that Spillway did not start is never stopped by it', async () => {
  const [lease] = (await adopted()).filter(({ state }) => state === 'running')
  const stopping = stopLease(db, {
    ...{ id: lease?.id ?? '', organizationId: null, now: stand.deps.now() },
  })
  await expect(stopping).rejects.toMatchObject({ code: 'lease.not_ours' })
  expect(await stand.step(lease?.id ?? '')).toEqual({ kind: 'done' })
  expect((await stand.engine.foreign()).work[0]?.state).toBe('running')
})
