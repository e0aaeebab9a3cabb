/** What a window must not do: sell what is kept, lose an order to a bad moment, or leave one for ever. */
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { createHold } from '#modules/ledger/index.ts'
import { saveDemand } from '#modules/market/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { until } from '#platform/engines/testing/until.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { stepClearing } from './clearing-service.ts'
import { listClearings } from './clearing-store.ts'
import { makeOrderStand, type OrderStand, POOL, WINDOW_MS } from './testing/stand.ts'

let stand: OrderStand

async function begin(): Promise<OrderStand> {
  stand = await makeOrderStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand.dispose())

test('a database that goes away while a window is cleared rejects nobody, and what is over still ends', async () => {
  const { buyer, order, find, held, clear, clock, deps, database } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const over = await order(b, { expiresAt: new Date(clock.now().getTime() + 1) })
  const { id } = await order(a, { gpus: 4 })
  await sql`CREATE FUNCTION go_away() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57014'; END $$`.execute(database)
  await sql`CREATE TRIGGER away BEFORE INSERT ON lease EXECUTE FUNCTION go_away()`.execute(database)
  await expect(clear()).rejects.toMatchObject({ code: 'database.unavailable' })
  expect((await find(id)).state).toBe('pending')
  expect((await find(over.id)).state).toBe('expired')
  expect(await held(b)).toBe(0n)
  await sql`DROP TRIGGER away ON lease`.execute(database)
  await stepClearing(deps, POOL)
  expect((await find(id)).state).toBe('filled')
})

test('where more orders are open than take part in a window, the highest bids do, and the others come after', async () => {
  const { buyer, order, find, clock, deps, database } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const first = await order(a, { limit: '0.5' })
  const best = await order(b, { limit: '0.9' })
  const few = { ...deps, ordersMax: 1 }
  clock.advance(WINDOW_MS)
  expect(await stepClearing(few, POOL)).toMatchObject({ kind: 'wait' })
  expect([(await find(first.id)).state, (await find(best.id)).state]).toEqual(['pending', 'filled'])
  clock.advance(WINDOW_MS)
  expect(await stepClearing(few, POOL)).toEqual({ kind: 'done' })
  expect((await find(first.id)).state).toBe('filled')
  expect(await listClearings(database, { limit: 10 })).toHaveLength(2)
})

test('an order that comes after the end of a window is not in it, however late it is cleared', async () => {
  const { buyer, order, find, clock, deps } = await begin()
  const a = await buyer('a')
  const early = await order(a)
  clock.advance(WINDOW_MS + 10_000)
  const late = await order(a)
  expect(await stepClearing(deps, POOL)).toMatchObject({ kind: 'wait' })
  expect([(await find(early.id)).state, (await find(late.id)).state]).toEqual(['filled', 'pending'])
})

test('what the owner’s work waits for in its engine is not sold', async () => {
  const { buyer, order, find, clear, clock, database } = await begin()
  const a = await buyer('a')
  const demand = { runningGpus: 0, pendingGpus: 8, runningJobs: 0, pendingJobs: 1 }
  const at = new Date(clock.now().getTime() + WINDOW_MS)
  await inTransaction(database, (tx) => saveDemand(tx, POOL, { at, ...demand }))
  const wide = await order(a, { gpus: 12, nodes: 4 })
  const fitting = await order(a, { gpus: 8, nodes: 4 })
  await clear()
  expect([(await find(wide.id)).state, (await find(fitting.id)).state]).toEqual([
    'standing',
    'filled',
  ])
})

test('a window that waits for a balance holds up nobody who asks for a lease', async () => {
  const { buyer, order, find, clear, lease, context, database } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  // So that the market is known to those who wake it.
  await lease(a, { kind: 'flex' })
  const orders = [await order(a, { limit: '0.9' }), await order(b, { limit: '0.8' })]
  const clearing = await database.transaction().execute(async (tx) => {
    const hold = { ...b, amount: money('1'), purpose: 'lease', reference: 'another' } as const
    await createHold(tx, { ...hold, ...context() })
    const under = clear()
    await until('the window waits', async () => {
      const { rows } = await sql`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(database)
      return rows.length > 0
    })
    await sql`SELECT 1 FROM strand WHERE program = 'market' FOR UPDATE NOWAIT`.execute(tx)
    // Not awaited here: it goes on once this has ended.
    return { under }
  })
  await clearing.under
  for (const { id } of orders) expect((await find(id)).state).toBe('filled')
})

test('an order that can never be filled is rejected alone, and the window fills the others', async () => {
  const { buyer, order, find, clear, deps, database, held } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const orders = [await order(a, { gpus: 2 }), await order(b, { gpus: 2 }), await order(a)]
  const bad = orders[1]?.id ?? ''
  const request = JSON.stringify({ ...orders[1]?.request, image: 'no name of an image' })
  await database.updateTable('market_order').set({ request }).where('id', '=', bad).execute()
  // when
  await clear()
  await stepClearing(deps, POOL)
  // then
  const [first, second, third] = await Promise.all(orders.map(({ id }) => find(id)))
  expect(first).toMatchObject({ state: 'filled' })
  expect(second).toMatchObject({ state: 'rejected' })
  expect(second?.text).toContain('no name of an image')
  expect(third).toMatchObject({ state: 'filled', clearingId: first?.clearingId })
  expect(await held(b)).toBe(0n)
})
