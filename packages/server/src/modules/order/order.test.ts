/** Orders from the request to the lease: what is held, what is filled, at which price, and what is refused. */
import { afterEach, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { money, renderMoney } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { verifyLedger } from '#modules/ledger/index.ts'
import { verifyClearing } from '#modules/market/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { stepClearing } from './clearing-service.ts'
import { findClearing, listClearings } from './clearing-store.ts'
import { parseLog } from './log-text.ts'
import { listPoints } from './price-history-service.ts'
import { orderRoutes } from './routes.ts'
import { cancelOrder } from './service.ts'
import { makeOrderStand, type OrderStand, POOL, WINDOW_MS } from './testing/stand.ts'

let stand: OrderStand

async function begin(): Promise<OrderStand> {
  stand = await makeOrderStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand.dispose())

async function refusal(work: Promise<unknown>) {
  const error: unknown = await work.catch((cause: unknown) => cause)
  if (!(error instanceof Fault)) throw new Error('it was not refused', { cause: error })
  return { code: error.code, fields: error.fields?.map(({ field }) => field) ?? [] }
}

test('a spot order holds its money at once, and is filled in the next window at one price for all', async () => {
  const { buyer, order, find, findLease, held, clear, eventTypes, database } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const orders = [
    await order(a, { gpus: 8, nodes: 2, limit: '0.9' }),
    await order(b, { gpus: 4, limit: '0.7' }),
    await order(b, { gpus: 8, nodes: 2, limit: '0.5' }),
  ]
  expect(orders[0]).toMatchObject({ state: 'pending', leaseId: null })
  expect(await held(a)).toBeGreaterThan(0n)
  // when
  const outcome = await clear()
  // then
  expect(outcome.kind).toBe('wait')
  const [first, second, third] = await Promise.all(orders.map(({ id }) => find(id)))
  expect(first).toMatchObject({ state: 'filled', priceUsd: money('0.7') })
  expect(second).toMatchObject({ state: 'filled', priceUsd: money('0.7') })
  expect(third).toMatchObject({ state: 'standing' })
  const lease = await findLease(first?.leaseId ?? null)
  expect(lease).toMatchObject({ state: 'starting', kind: 'spot', priceUsd: money('0.7') })
  expect(lease.placements).toHaveLength(2)
  const claims = (await listOpenClaims(database)).filter(({ leaseId }) => leaseId === lease.id)
  expect(claims.flatMap(({ slots }) => slots)).toHaveLength(8)
  const types = (await eventTypes()).filter((type) => type.startsWith('order.'))
  expect(types.toSorted()).toEqual([
    ...['order.created', 'order.created', 'order.created'],
    ...['order.filled', 'order.filled', 'order.standing'],
  ])
})

test('its lease is metered and charged at the price of the window, whatever the list price', async () => {
  const { buyer, order, find, clear, clock, stepLease, database, findLease } = await begin()
  const a = await buyer('a')
  const { id } = await order(a, { gpus: 2, limit: '0.8' })
  await clear()
  const { leaseId, priceUsd } = await find(id)
  await stepLease(leaseId ?? '')
  clock.advance(3_600_000)
  await stepLease(leaseId ?? '')
  const lease = await findLease(leaseId)
  expect(lease.agreedPrice).toMatchObject({ sku: `gpu.${POOL}.spot.auction`, amount: priceUsd })
  const charged = await database
    .selectFrom('usage_hour')
    .selectAll()
    .where('resource', '=', leaseId ?? '')
    .execute()
  expect(charged.map(({ sku }) => sku)).toContain(`gpu.${POOL}.spot.auction`)
  expect((await verifyLedger(database)).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
})

test('the log of a clearing computes it again, names nobody, and gives the price history', async () => {
  const { buyer, order, clear, database, clock } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  for (const limit of ['0.9', '0.8', '0.7', '0.6', '0.5'])
    await order(limit > '0.65' ? a : b, { gpus: 4, limit })
  await clear()
  const [record] = await listClearings(database, { limit: 10 })
  expect(record).toMatchObject({ bids: 5, accepted: 4, gpusOffered: 16, gpusSold: 16 })
  const found = await findClearing(database, record?.id ?? '')
  expect(found && verifyClearing(parseLog(found.log))).toEqual([])
  expect(JSON.stringify(found?.log)).not.toContain(a.organizationId)
  const window = { pool: POOL, tier: 'spot', per: 'hour', from: null, to: clock.now() } as const
  const points = await listPoints(database, window)
  expect(points).toHaveLength(24)
  expect(points.at(-1)).toMatchObject({ clearings: 1, gpusSold: 16 })
  expect(points.at(-1)?.medianUsdPerGpuHour).toBe(renderMoney(record?.price ?? money('0')))
  const listed = await listPoints(database, { ...window, tier: 'on_demand' })
  expect(listed.at(-1)).toMatchObject({ medianUsdPerGpuHour: '2', p90UsdPerGpuHour: '2' })
})

test('a window with few bids is quoted from the reserve', async () => {
  const { buyer, order, find, clear, database } = await begin()
  const { id } = await order(await buyer('a'), { gpus: 1, limit: '0.9' })
  expect(await clear()).toEqual({ kind: 'done' })
  const [record] = await listClearings(database, { limit: 10 })
  expect(record).toMatchObject({ isQuoted: true, price: record?.reserve })
  expect((await find(id)).priceUsd).toEqual(record?.reserve)
})

test('an order that stands is filled as soon as a window has room for all of it', async () => {
  const { buyer, order, find, clear, lease, cycle, clock } = await begin()
  const a = await buyer('a')
  await lease(a, { kind: 'on_demand', gpus: 4 })
  await cycle()
  const { id } = await order(a, { gpus: 16, nodes: 4, limit: '1' })
  await clear()
  expect(await find(id)).toMatchObject({ state: 'standing', leaseId: null })
  const window = clock.now()
  await clear()
  expect(clock.now().getTime() - window.getTime()).toBe(WINDOW_MS)
  expect((await find(id)).state).toBe('standing')
})

test('what work of higher rank waits for is not sold', async () => {
  const { buyer, order, find, clear, lease } = await begin()
  const a = await buyer('a')
  await lease(a, { kind: 'on_demand', gpus: 4 })
  const { id } = await order(a, { gpus: 16, nodes: 4, limit: '1' })
  await clear()
  expect((await find(id)).state).toBe('standing')
})

test('a window is cleared once, however often its step runs', async () => {
  const { buyer, order, clear, deps, database } = await begin()
  const a = await buyer('a')
  await order(a, { gpus: 1 })
  await order(a, { gpus: 16, nodes: 4 })
  await clear()
  await stepClearing(deps, POOL)
  await stepClearing(deps, POOL)
  expect(await listClearings(database, { limit: 10 })).toHaveLength(1)
})

test('an order whose lease became impossible is rejected, and holds up nobody else in its window', async () => {
  const { buyer, order, find, held, clear, deps, database } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const first = await order(a, { gpus: 4 })
  const second = await order(b, { gpus: 4 })
  await database
    .updateTable('market_order')
    .set({ request: JSON.stringify({ ...first.request, nodes: 4, jurisdiction: 'elsewhere' }) })
    .where('id', '=', first.id)
    .execute()
  // when
  const outcome = await clear()
  // then
  expect(outcome).toEqual({ kind: 'wait', untilMs: deps.now().getTime() })
  expect(await find(first.id)).toMatchObject({ state: 'rejected', leaseId: null })
  expect(await find(second.id)).toMatchObject({ state: 'pending' })
  expect(await listClearings(database, { limit: 10 })).toEqual([])
  await stepClearing(deps, POOL)
  expect(await find(second.id)).toMatchObject({ state: 'filled' })
  expect(await held(a)).toBe(0n)
})

test('an order in line starts as soon as free room holds all of it, before any window sells that', async () => {
  const { buyer, order, find, findLease, clear, lease, cycle } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  const { id: blocker } = await lease(a, { kind: 'on_demand', gpus: 4 })
  await cycle()
  const inLine = { kind: 'on_demand', start: 'when_it_fits', limit: null } as const
  const large = await order(a, { ...inLine, gpus: 16, nodes: 4 })
  const small = await order(a, { ...inLine, gpus: 12, nodes: 3 })
  const spot = await order(b, { gpus: 4, limit: '1' })
  expect(large).toMatchObject({ state: 'pending', limit: money('2') })
  await clear()
  expect((await find(large.id)).state).toBe('standing')
  expect((await find(spot.id)).state).toBe('standing')
  const filled = await find(small.id)
  expect(filled).toMatchObject({ state: 'filled', priceUsd: money('2'), clearingId: null })
  expect(await findLease(filled.leaseId)).toMatchObject({ kind: 'on_demand', state: 'starting' })
  expect((await findLease(blocker)).state).toBe('starting')
  const fields = async (asked: Parameters<typeof order>[1]) =>
    (await refusal(order(a, asked))).fields
  expect(await fields({ start: 'when_it_fits' })).toEqual(['body.start'])
  expect(await fields({ ...inLine, limit: '1' })).toEqual(['body.maxPriceUsdPerGpuHour'])
  expect(await fields({ ...inLine, quote: 'quo' })).toEqual(['body.quote'])
})

test('what is kept for the owner’s work is not for orders in line', async () => {
  const { buyer, order, find, clear, database } = await begin()
  const { reclaim } = await database.selectFrom('pool').select('reclaim').executeTakeFirstOrThrow()
  const kept = JSON.stringify({ ...(reclaim as object), anchorHeadroom: 1 })
  await database.updateTable('pool').set({ reclaim: kept }).execute()
  const inLine = { kind: 'on_demand', start: 'when_it_fits', limit: null } as const
  const { id } = await order(await buyer('a'), { ...inLine, gpus: 16, nodes: 4 })
  await clear()
  expect((await find(id)).state).toBe('standing')
})

test('a clearing that is not there is named as such', async () => {
  const { database, ids } = await begin()
  const { getClearing } = orderRoutes({ ids, pepper: 'pepper' })
  const call = { db: database, params: { id: 'clr_none' } } as Parameters<typeof getClearing>[0]
  expect((await refusal(getClearing(call))).code).toBe('clearing.not_found')
})

test('an order that is cancelled or expires gives back what it held', async () => {
  const { buyer, order, find, held, clear, clock, database } = await begin()
  const a = await buyer('a')
  const cancelled = await order(a, { gpus: 4 })
  const expiresAt = new Date(clock.now().getTime() + 30_000)
  const expired = await order(a, { gpus: 4, expiresAt })
  const cancel = (id: string, organizationId: string | null) =>
    inTransaction(database, (tx) => cancelOrder(tx, { id, organizationId, now: clock.now() }))
  await cancel(cancelled.id, a.organizationId)
  await clear()
  expect((await find(cancelled.id)).state).toBe('cancelled')
  expect((await find(expired.id)).state).toBe('expired')
  expect(await held(a)).toBe(0n)
  expect((await refusal(cancel(expired.id, null))).code).toBe('order.closed')
  expect((await refusal(cancel(expired.id, 'another'))).code).toBe('order.not_found')
})

test('an order on demand is filled at once at the list price', async () => {
  const { buyer, order, findLease } = await begin()
  const a = await buyer('a')
  const made = await order(a, { kind: 'on_demand', gpus: 4, limit: null })
  expect(made).toMatchObject({ state: 'filled', priceUsd: money('2'), tier: 'on_demand' })
  expect((await findLease(made.leaseId)).agreedPrice?.amount).toBe(money('2'))
  const low = order(a, { kind: 'on_demand', limit: '1.99' })
  expect((await refusal(low)).code).toBe('lease.price_below_market')
})

test('bad input is named with its field, and nothing of it is kept', async () => {
  const { buyer, order, held, clock, database } = await begin()
  const [a, poor] = [await buyer('a'), await buyer('poor', '0')]
  const past = new Date(clock.now().getTime() - 1)
  const far = new Date(clock.now().getTime() + 40 * 86_400_000)
  const price = 'body.maxPriceUsdPerGpuHour'
  expect(await refusal(order(a, { limit: null }))).toMatchObject({ fields: [price] })
  expect(await refusal(order(a, { limit: '0' }))).toMatchObject({ fields: [price] })
  expect(await refusal(order(a, { limit: '0.000001' }))).toEqual({
    code: 'order.limit_below_reserve',
    fields: [price],
  })
  for (const expiresAt of [past, far])
    expect((await refusal(order(a, { expiresAt }))).fields).toEqual(['body.expiresAt'])
  expect((await refusal(order(a, { gpus: 17 }))).code).toBe('lease.over_capacity')
  expect((await refusal(order(poor, {}))).code).toBe('balance.insufficient')
  expect(await held(a)).toBe(0n)
  expect(await database.selectFrom('market_order').selectAll().execute()).toEqual([])
})
