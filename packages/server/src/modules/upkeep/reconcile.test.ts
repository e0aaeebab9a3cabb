/** Reconciliation against an engine that loses, invents, and is silent: what the book does, and what it never does. */
import { afterAll, expect, test } from 'vitest'
import { closeClaimsById, listOpenClaims, openClaims } from '#modules/book/index.ts'
import { listUnreachable } from '#modules/fleet/index.ts'
import { listOpenLeases, resumeLeases } from '#modules/lease/index.ts'
import type { Engine, Observation } from '#platform/engines/engine.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { makeStand } from './testing/stand.ts'

/** Attempts that the engine has lost every trace of. */
const lost = new Set<string>()

function forgetful(engine: Engine): Engine {
  const absent: Observation = { state: 'absent' }
  return {
    ...engine,
    list: async () => new Map([...(await engine.list())].filter(([attempt]) => !lost.has(attempt))),
    observe: async (attempt) => (lost.has(attempt) ? absent : engine.observe(attempt)),
  }
}

const { db } = await cloneDatabase()
const stand = await makeStand(db, { disguise: forgetful })
afterAll(stand.dispose)
const { controls, deps } = stand

async function kinds(): Promise<string[]> {
  await stand.reconcile()
  return (await stand.reconcile()).map(({ kind }) => kind)
}

async function claimsOf(leaseId: string) {
  return (await listOpenClaims(db)).filter((claim) => claim.leaseId === leaseId)
}

async function clear(): Promise<void> {
  for (const { id } of await listOpenLeases(db)) await stand.stop(id)
  await stand.reconcile()
}

test('akash#128 an engine that comes back with nothing frees no slot and ends no lease', async () => {
  const leases = [await stand.lease({ gpus: 2 }), await stand.lease({ gpus: 2 })]
  const before = await stand.book()
  for (const { id } of leases) lost.add(`${id}-1`)
  expect(await kinds()).toEqual(['attempt_lost', 'attempt_lost'])
  for (const { id } of leases) await stand.step(id)
  expect(await stand.book()).toEqual(before)
  lost.clear()
  expect(await kinds()).toEqual([])
  await clear()
})

test('a single look that does not find something is no case: it may be a step under way', async () => {
  const lease = await stand.lease()
  lost.add(`${lease.id}-1`)
  expect(await stand.reconcile()).toEqual([])
  lost.clear()
  await clear()
})

test('an engine that is silent changes nothing but that nothing new is placed; other cases stay as they are', async () => {
  const lease = await stand.lease()
  lost.add(`${lease.id}-1`)
  await kinds()
  const before = await stand.book()
  await controls.failEngine('slurmctld is away')
  const cases = await stand.reconcile()
  expect(cases.map(({ kind }) => kind)).toEqual(['engine_unreachable', 'attempt_lost'])
  expect(await stand.book()).toEqual(before)
  expect([...(await listUnreachable(db)).keys()]).toEqual(['sim'])
  await expect(stand.lease()).rejects.toThrow('pending')
  await controls.bringEngineBack()
  lost.clear()
  expect(await kinds()).toEqual([])
  expect((await listUnreachable(db)).size).toBe(0)
  await stand.cycle()
  await clear()
})

test('dstack#3449 what runs beside the book is stopped, and remembered with what was seen of it', async () => {
  const attemptId = 'lse_0000000000000000000000000a-1'
  await stand.engine.admit({
    ...{ attemptId, leaseId: attemptId.slice(0, -2), organizationId: 'org', kind: 'spot' },
    ...{
      placements: [{ node: 'sim-004', slots: [3] }],
      acceleratorKind: 'gpu',
      tenant: 'customer',
    },
    ...{ command: ['sh', '-c', 'run'], environment: {}, workingDirectory: null, timeLimitMs: null },
  })
  const [stray] = await stand.reconcile()
  expect(stray).toMatchObject({ kind: 'stray_attempt', subject: attemptId })
  expect(stray?.data).toMatchObject({ attempt: attemptId })
  await untilTrue(async () =>
    (await stand.engine.observe(attemptId)).state === 'gone' ? true : null,
  )
  expect(await stand.reconcile()).toEqual([])
})

test('akash#430 a claim that outlived its lease ends once the engine confirms that nothing is left', async () => {
  const lease = await stand.lease()
  await stand.stop(lease.id)
  const { id: leaseId, kind, organizationId, placements } = lease
  await openClaims(db, placements, {
    ...{ kind, leaseId, organizationId },
    now: deps.now(),
    ids: deps.ids,
  })
  await kinds()
  expect(await claimsOf(leaseId)).toEqual([])
  expect(await stand.reconcile()).toEqual([])
})

test('a lease that lost its claim gets it back; where somebody else has the slot, both stay and people are told', async () => {
  const lease = await stand.lease()
  const close = async () =>
    closeClaimsById(
      db,
      (await claimsOf(lease.id)).map(({ id }) => id),
      deps.now(),
    )
  await close()
  await kinds()
  expect((await claimsOf(lease.id)).flatMap(({ slots }) => slots)).toEqual([0])
  await close()
  const maintenance = { kind: 'maintenance', leaseId: null, organizationId: null } as const
  await openClaims(db, lease.placements, { ...maintenance, now: deps.now(), ids: deps.ids })
  expect(await kinds()).toEqual(['lease_without_claim'])
  expect(await claimsOf(lease.id)).toEqual([])
  const others = (await listOpenClaims(db)).filter(({ leaseId }) => leaseId === null)
  await closeClaimsById(
    db,
    others.map(({ id }) => id),
    deps.now(),
  )
  expect(await kinds()).toEqual([])
  await clear()
})

test('sky#1410 sky#825 a gang that loses one node stays claimed whole, and ends whole when its engine knows', async () => {
  const gang = await stand.lease({ gpus: 8, nodes: 2 })
  const { node } = await stand.placeOf(gang)
  await controls.loseNode(node)
  await stand.step(gang.id)
  expect(await kinds()).toEqual(['attempt_unknown'])
  expect((await claimsOf(gang.id)).flatMap(({ slots }) => slots)).toHaveLength(8)
  await controls.bringNodeBack(node)
  await untilTrue(async () => {
    await stand.step(gang.id)
    return (await stand.find(gang.id)).state === 'ended' ? true : null
  })
  expect(await claimsOf(gang.id)).toEqual([])
  expect(await kinds()).toEqual([])
})

test('kueue#15148 a restart takes up what runs, starts nothing twice, and brings back nothing that is over', async () => {
  const over = await stand.lease()
  await stand.stop(over.id)
  const lease = await stand.lease()
  const before = await stand.book()
  expect(await resumeLeases(db, deps.now())).toBe(1)
  for (const { id } of [over, lease]) await stand.step(id)
  expect(await kinds()).toEqual([])
  expect(await stand.book()).toEqual(before)
  expect((await stand.engine.list()).size).toBe(1)
  expect(await stand.find(over.id)).toMatchObject({ state: 'ended', attempt: 1 })
  await clear()
})

test('akash#193 a lease that waits holds no slot, however long it waits', async () => {
  const whole = await stand.lease({ gpus: 16, nodes: 4, kind: 'on_demand' })
  const before = await stand.book()
  await stand.ask({ gpus: 4 })
  await stand.cycle()
  expect(await stand.book()).toEqual(before)
  await stand.stop(whole.id)
  for (const { id } of await listOpenLeases(db)) await stand.stop(id)
})

test('dstack#2068 a lease that is stopped while it starts lets its slots go, and is not busy for ever', async () => {
  const { id } = await stand.ask({ gpus: 4 })
  await stand.cycle()
  expect(await stand.find(id)).toMatchObject({ state: 'starting' })
  expect(await claimsOf(id)).toHaveLength(1)
  await stand.stop(id)
  expect(await stand.find(id)).toMatchObject({ state: 'ended', endReason: 'stopped' })
  expect(await claimsOf(id)).toEqual([])
})

test('kueue#14811 slots are not kept for processes that are gone: the lease is closed by its own step', async () => {
  const lease = await stand.lease()
  await stand.engine.stop(`${lease.id}-1`, 0)
  await untilTrue(async () =>
    (await stand.engine.observe(`${lease.id}-1`)).state === 'gone' ? true : null,
  )
  expect(await kinds()).toEqual(['gone_not_closed'])
  expect(await claimsOf(lease.id)).toHaveLength(1)
  await stand.step(lease.id)
  expect(await claimsOf(lease.id)).toEqual([])
  expect(await stand.reconcile()).toEqual([])
})
