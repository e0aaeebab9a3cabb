/** How attempts end that do not end as they should: with a lost GPU, on the operator's word, seen too late. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { compensationTotal, getBalance } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { createEngines, type Engine } from '#platform/engines/engine.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { confirmGone } from './confirm-service.ts'
import { runCycle } from './cycle.ts'
import { tellFaults } from './fault-service.ts'
import type { Lease } from './lease.ts'
import { listReclaimsOf } from './reclaim-store.ts'
import { verifyCredits } from './reclaim-verification-service.ts'
import { stopLease } from './service.ts'
import { stepLease } from './steps.ts'
import { makeStand, type Stand, terms } from './testing/stand.ts'

const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') }
/** All that the last hour cost is given back. */
const CHARGE = { kind: 'charge', fraction: '1', lastMs: 3_600_000 } as const

let database: Awaited<ReturnType<typeof cloneDatabase>>
let stand: Stand

beforeEach(async () => {
  database = await cloneDatabase()
  stand = await makeStand(database.db, {
    spot: terms({ noticeMs: 60_000, compensation: CHARGE }),
  })
})

afterEach(() => stand.dispose())

async function holds(): Promise<boolean> {
  return (await verifyCredits(database.db)).every(({ isHeld }) => isHeld)
}

/** A spot lease on the last node, taken back for the owner's work, ten seconds into its notice. */
async function reclaiming() {
  for (let node = 0; node < 3; node++) await stand.ask('anchor', 4)
  const { id } = await stand.ask('spot', 4, ['sh', '-c', 'ignore-term; run'])
  for (let look = 0; look < 3; look++) await stand.look()
  await stand.ask('anchor', 4)
  for (let look = 0; look < 2; look++) await stand.look(5000)
  const lease = await stand.lease(id)
  expect(lease.state).toBe('reclaiming')
  return lease
}

async function loseGpu({ placements }: Lease, lastGoodAt: Date) {
  const now = stand.clock.now()
  const fault = { slot: 0, reason: 'Xid 79', isLost: true, since: now, lastGoodAt }
  const nodeId = placements[0]?.nodeId ?? ''
  await inTransaction(database.db, (tx) => tellFaults(tx, [{ ...fault, nodeId }], now))
}

test('a GPU that is lost during a reclaim is given back once: what the fault gave back was not charged', async () => {
  const before = await reclaiming()
  const started = before.startedAt?.getTime() ?? 0
  const goodAt = new Date(started + 3000)
  await loseGpu(before, goodAt)
  expect((await stand.lease(before.id)).stopAt).toEqual(stand.clock.now())
  for (let look = 0; look < 3; look++) await stand.look()
  expect((await stand.lease(before.id)).state).toBe('ended')
  // 3 s of four GPUs stay charged, and that is what the reclaim gives back.
  const [reclaim] = await listReclaimsOf(database.db, before.id)
  expect(reclaim?.compensationUsd).toBe((money('0.9') * 4n * 3000n) / 3_600_000n)
  const { posted } = await getBalance(database.db, before.organizationId)
  expect(posted).toBe(money('1000'))
  expect(await compensationTotal(database.db, 'fault', ALL_TIME)).toBeGreaterThan(0n)
  expect(await holds()).toBe(true)
})

test('a lease that the operator confirms gone is given back what its reclaim and its lost GPU owe it', async () => {
  const lease = await reclaiming()
  const started = lease.startedAt?.getTime() ?? 0
  await loseGpu(lease, new Date(started + 3000))
  const silent: Engine = { ...stand.engine, confirmGone: () => Promise.resolve('unknown') }
  const engines = createEngines(new Map([['p', silent]]))
  const { ids } = stand.deps
  const word = { id: lease.id, reason: 'burnt', isFenced: true, actor: 'key', ids }
  const now = stand.clock.now()
  await inTransaction(database.db, (tx) => confirmGone(tx, engines, { ...word, now }))
  const [reclaim] = await listReclaimsOf(database.db, lease.id)
  expect(reclaim?.goneAt).toEqual(now)
  expect(reclaim?.transactionId).not.toBeNull()
  const { posted, held } = await getBalance(database.db, lease.organizationId)
  expect({ posted, held }).toEqual({ posted: money('1000'), held: 0n })
  expect(await holds()).toBe(true)
})

/** A spot lease whose node fell silent a minute ago, confirmed gone by the operator. */
async function confirmLost(changes: { requeue: string; time_limit_ms?: bigint }): Promise<Lease> {
  const { id } = await stand.ask('spot', 4)
  await database.db
    .updateTable('lease')
    .set({ failures_max: 3, ...changes })
    .where('id', '=', id)
    .execute()
  for (let look = 0; look < 3; look++) await stand.look()
  const silent: Engine = { ...stand.engine, confirmGone: () => Promise.resolve('unknown') }
  const engines = createEngines(new Map([['p', silent]]))
  stand.clock.advance(60_000)
  const word = { id, reason: 'burnt', isFenced: true, actor: 'key', ids: stand.deps.ids }
  const now = stand.clock.now()
  return inTransaction(database.db, (tx) => confirmGone(tx, engines, { ...word, now }))
}

test('a lease that starts again after failures waits for room once the operator confirms its attempt gone', async () => {
  const lease = await confirmLost({ requeue: 'on_failure' })
  const { holdId } = lease
  expect(lease).toMatchObject({ state: 'pending', failures: 1, placements: [], startedAt: null })
  expect(holdId).not.toBeNull()
  expect(await stand.facts(lease.id)).toEqual(
    expect.arrayContaining(['lease.confirmed_gone', 'lease.requeued']),
  )
  expect(await stand.facts(lease.id)).not.toContain('lease.ended')
  // What nobody saw running does not count against a time limit.
  expect(lease.ranMs).toBeLessThan(60_000)
  // The machine comes back without it.
  await stand.engine.stop(`${lease.id}-1`, 0)
  for (let look = 0; look < 4; look++) await stand.look(10_000)
  expect(await stand.lease(lease.id)).toMatchObject({ state: 'running', attempt: 2 })
  expect(await holds()).toBe(true)
})

test.each([
  ['never starts again', { requeue: 'never' }, 'lost'],
  ['starts again after a reclaim alone', { requeue: 'on_reclaim' }, 'lost'],
])('a lease that %s ends when the operator confirms it gone', async (_which, changes, reason) => {
  const lease = await confirmLost(changes)
  expect(lease).toMatchObject({ state: 'ended', endReason: reason })
  expect((await getBalance(database.db, lease.organizationId)).held).toBe(0n)
})

test('a hold that outlives its lease is found', async () => {
  const { id, holdId } = await stand.ask('spot', 1)
  expect(await holds()).toBe(true)
  const over = { state: 'ended', ended_at: stand.clock.now() }
  await database.db.updateTable('lease').set(over).where('id', '=', id).execute()
  const checks = await verifyCredits(database.db)
  expect(checks.filter(({ isHeld }) => !isHeld).map(({ text }) => text)).toEqual([
    expect.stringContaining(`${holdId}.`),
  ])
})

test('what is seen of an attempt that is over is not taken for the next one', async () => {
  const { id } = await stand.ask('spot', 1, ['sh', '-c', 'ignore-term; run'])
  await stand.look()
  const first = await stand.lease(id)
  expect(first).toMatchObject({ state: 'running', attempt: 1 })
  stand.clock.advance(10_000)
  // A controller that was held up between its look at the engine and its write, while another acted.
  let isHeldUp = true
  const slow: Engine = {
    ...stand.engine,
    observe: async (attempt) => {
      const seen = await stand.engine.observe(attempt)
      if (!isHeldUp) return seen
      isHeldUp = false
      await database.db.updateTable('lease').set({ requeue: 'on_reclaim' }).execute()
      await stand.engine.controls.submitForeign({ nodes: 4, gpusPerNode: 4 })
      await stand.look(5000)
      expect((await stand.lease(id)).state).toBe('pending')
      await runCycle(stand.deps)
      return seen
    },
  }
  await stepLease({ ...stand.deps, engines: createEngines(new Map([['p', slow]])) }, id)
  expect(await stand.lease(id)).toMatchObject({ state: 'starting', attempt: 2, startedAt: null })
})

test('a lease that is stopped while its start is under way keeps its slots until a fresh look finds nothing', async () => {
  const { id } = await stand.ask('spot', 1)
  await runCycle(stand.deps)
  const now = stand.clock.now()
  await inTransaction(database.db, (tx) => stopLease(tx, { id, organizationId: null, now }))
  let standing: 'unknown' | 'gone' = 'unknown'
  const slow: Engine = { ...stand.engine, confirmGone: () => Promise.resolve(standing) }
  const deps = { ...stand.deps, engines: createEngines(new Map([['p', slow]])) }
  await stepLease(deps, id)
  expect((await stand.lease(id)).state).toBe('reclaiming')
  standing = 'gone'
  await stepLease(deps, id)
  expect((await stand.lease(id)).state).toBe('ended')
})
