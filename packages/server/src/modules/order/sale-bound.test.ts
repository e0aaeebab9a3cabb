/** A window and a cycle of the market that decide at one instant: together they never sell more than a tier has. */
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import { type Buyer, makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

const HOUR_MS = 3_600_000
const LEVELS = 34
let stand: OrderStand

afterEach(() => stand.dispose())

/** Six of the sixteen may be spot. One node has work of the owner's, so that three fit nowhere as well as there. */
async function begin(): Promise<readonly [Buyer, Buyer]> {
  stand = await makeOrderStand((await cloneDatabase()).db)
  const { database, clock, buyer, lease, cycle } = stand
  const hour = new Date(Math.floor(clock.now().getTime() / HOUR_MS) * HOUR_MS - HOUR_MS)
  const rows = [1, 2, 4, 24].map((hours) => ({
    ...{ pool_name: POOL, hour, horizon_hours: hours, capacity_gpus: 16, fallback: null },
    peak: Array.from({ length: LEVELS }, () => 10),
    offered_gpus: null,
  }))
  await database.insertInto('demand_forecast').values(rows).execute()
  const owner = await buyer('owner')
  await lease(owner, { gpus: 1, kind: 'anchor' })
  await cycle()
  return [await buyer('a'), await buyer('b')]
}

async function soldSpot(): Promise<number> {
  const { rows } = await sql<{ gpus: number }>`
    SELECT coalesce(sum(gpus), 0)::int4 AS gpus FROM lease
    WHERE kind = 'spot' AND state IN ('starting', 'running')`.execute(stand.database)
  return rows[0]?.gpus ?? 0
}

async function isWaiting(): Promise<boolean> {
  const { rows } = await sql`SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(stand.database)
  return rows.length > 0
}

/** Does `first` until it needs what somebody else has, then `second` as a whole, and then the rest of `first`. */
async function amid(
  take: ReturnType<typeof sql>,
  { first, second }: { first: () => Promise<unknown>; second: () => Promise<unknown> },
): Promise<void> {
  const { promise: isGiven, resolve: give } = Promise.withResolvers<void>()
  const { promise: isTaken, resolve: taken } = Promise.withResolvers<void>()
  const holding = inTransaction(stand.database, async (tx) => {
    await take.execute(tx)
    taken()
    await isGiven
  })
  await isTaken
  const doing = first()
  try {
    await untilTrue(isWaiting, { what: 'the first waits' })
    await second()
  } finally {
    give()
    await Promise.all([holding, doing])
  }
}

test('what a window sold since a cycle looked is not sold again by the cycle', async () => {
  const [a, b] = await begin()
  const { lease, order, find, clear, cycle, findLease } = stand
  const three = await lease(b, { gpus: 3 })
  const four = await order(a, { gpus: 4, limit: '0.9' })
  // when the window is cleared between the decision of the cycle and its commit
  const take = sql`SELECT FROM lease WHERE id = ${three.id} FOR UPDATE`
  await amid(take, { first: cycle, second: clear })
  // then
  expect((await find(four.id)).state).toBe('filled')
  expect((await findLease(three.id)).state).toBe('pending')
  expect(await soldSpot()).toBe(4)
  await cycle()
  expect((await findLease(three.id)).waitingFor).toContain('more to be sold as spot')
})

test('what a cycle sold since a window was decided is not sold again by the window', async () => {
  const [a, b] = await begin()
  const { lease, order, find, clear, cycle, findLease } = stand
  const three = await lease(b, { gpus: 3 })
  const four = await order(a, { gpus: 4, limit: '0.9' })
  // when the cycle commits while the window waits for the balance of who bids
  const take = sql`SELECT FROM balance WHERE account_id IN (
    SELECT id FROM ledger_account WHERE organization_id = ${a.organizationId}) FOR UPDATE`
  await amid(take, { first: clear, second: cycle })
  // then
  expect((await findLease(three.id)).state).toBe('starting')
  await clear()
  expect((await find(four.id)).state).toBe('standing')
  expect(await soldSpot()).toBe(3)
})

test('a cycle and a window that both fit into what is left both sell', async () => {
  const [a, b] = await begin()
  const { lease, order, find, clear, cycle, findLease } = stand
  const three = await lease(b, { gpus: 3 })
  const two = await order(a, { gpus: 2, limit: '0.9' })
  const take = sql`SELECT FROM lease WHERE id = ${three.id} FOR UPDATE`
  await amid(take, { first: cycle, second: clear })
  expect((await find(two.id)).state).toBe('filled')
  await cycle()
  expect((await findLease(three.id)).state).toBe('starting')
  expect(await soldSpot()).toBe(5)
})
