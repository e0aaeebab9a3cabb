import { afterEach, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { getBalance, overrunTotal } from '#modules/ledger/index.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { listReclaimsOf } from './reclaim-store.ts'
import { verifyCredits } from './reclaim-verification-service.ts'
import { makeStand, type Stand, terms } from './testing/stand.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') }

/** On demand that its contract lets the owner take back, with an hour of notice and half an hour of its price. */
const CONTRACT = {
  on_demand: terms({ noticeMs: HOUR_MS, compensation: { kind: 'minutes', minutes: 30 } }),
}

let stand: Stand | null = null

afterEach(() => stand?.dispose())

/** The owner has three of the four nodes, on demand the last, and then the owner wants that as well. */
async function collide(standing: Stand) {
  for (let node = 0; node < 3; node++) await standing.ask('anchor', 4)
  const { id } = await standing.ask('on_demand', 4, ['sh', '-c', 'ignore-term; run'])
  for (let look = 0; look < 3; look++) await standing.look()
  const anchor = await standing.ask('anchor', 4)
  await standing.look()
  return { id, anchor }
}

test('on demand goes by its contract: an hour after the notice, and with its compensation', async () => {
  const { db } = await cloneDatabase()
  stand = await makeStand(db, CONTRACT)
  const { id, anchor } = await collide(stand)
  const warned = await stand.lease(id)
  expect(warned).toMatchObject({ state: 'reclaiming', reclaimFor: anchor.id })
  expect((warned.stopAt?.getTime() ?? 0) - (warned.noticeAt?.getTime() ?? 0)).toBe(HOUR_MS)
  for (let minute = 0; minute < 59; minute++) await stand.look(MINUTE_MS)
  expect((await stand.lease(id)).state).toBe('reclaiming')
  for (let look = 0; look < 3; look++) await stand.look(MINUTE_MS)
  expect(await stand.lease(id)).toMatchObject({ state: 'ended', endReason: 'reclaimed' })
  const [reclaim] = await listReclaimsOf(db, id)
  // Half an hour of four GPUs at 0.90.
  expect(reclaim?.compensationUsd).toBe(money('1.8'))
  await stand.look()
  expect((await stand.lease(anchor.id)).state).not.toBe('pending')
})

test('a long notice that the balance cannot pay is cut to what is held for it, and nobody overdraws', async () => {
  const { db } = await cloneDatabase()
  // Twenty minutes of four GPUs at 0.90 an hour.
  stand = await makeStand(db, { ...CONTRACT, creditUsd: '1.2' })
  const { id } = await collide(stand)
  const { stopAt: promised, organizationId } = await stand.lease(id)
  for (let look = 0; look < 150; look++) await stand.look(10_000)
  const ended = await stand.lease(id)
  const facts = await stand.facts(id)
  const delivered = facts.filter((type) => type === 'lease.notice_delivered').length
  // Each time that it was cut, the command was told of the new end.
  expect(delivered).toBe(1 + facts.filter((type) => type === 'lease.notice_shortened').length)
  expect(delivered).toBeGreaterThan(1)
  expect(ended.state).toBe('ended')
  expect(ended.endedAt?.getTime()).toBeLessThan(promised?.getTime() ?? 0)
  expect(await overrunTotal(db, ALL_TIME)).toBe(0n)
  // What was given back is a credit like any other.
  expect((await getBalance(db, organizationId)).available).toBeGreaterThanOrEqual(money('1.8'))
  expect((await verifyCredits(db)).every(({ isHeld }) => isHeld)).toBe(true)
})

test('a notice that is longer than the time that a lease has left ends with it, and it does not start again', async () => {
  const { db } = await cloneDatabase()
  stand = await makeStand(db, CONTRACT)
  const { id } = await collide(stand)
  await db
    .updateTable('lease')
    .set({ time_limit_ms: BigInt(10 * MINUTE_MS), requeue: 'on_reclaim' })
    .where('id', '=', id)
    .execute()
  for (let minute = 0; minute < 12; minute++) await stand.look(MINUTE_MS)
  const ended = await stand.lease(id)
  expect(ended).toMatchObject({ state: 'ended', endReason: 'time_limit' })
  const ranMs = (ended.endedAt?.getTime() ?? 0) - (ended.startedAt?.getTime() ?? 0)
  expect(ranMs).toBeLessThanOrEqual(11 * MINUTE_MS)
  expect((await listReclaimsOf(db, id))[0]?.transactionId).not.toBeNull()
})
