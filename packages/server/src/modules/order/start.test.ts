/** The expected start of what waits, through the API: leases, orders and offers. */
import { afterEach, expect, test } from 'vitest'
import { leaseRoutes } from '#modules/lease/index.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { answerOffers } from './offer-service.ts'
import { orderRoutes } from './routes.ts'
import { expectedFillOfNew } from './start-service.ts'
import { type Buyer, makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

const HOUR_MS = 3_600_000
let stand: OrderStand

async function begin() {
  stand = await makeOrderStand((await cloneDatabase()).db)
  const { database, clock, ids } = stand
  const call = (of: Buyer, id: string) => ({
    ...{ db: database, params: { id }, now: clock.now() },
    principal: { ...of, role: 'member' },
  })
  const { getOrder } = orderRoutes({ ids, pepper: 'pepper' })
  const { getLease } = leaseRoutes({ ids, pepper: 'pepper' } as Parameters<typeof leaseRoutes>[0])
  const ofOrder = async (of: Buyer, id: string) =>
    (await getOrder(call(of, id) as unknown as Parameters<typeof getOrder>[0])).expectedStart
  const ofLease = async (of: Buyer, id: string) =>
    (await getLease(call(of, id) as unknown as Parameters<typeof getLease>[0])).expectedStart
  const { listOrders } = orderRoutes({ ids, pepper: 'pepper' })
  const { listLeases } = leaseRoutes({ ids, pepper: 'pepper' } as Parameters<typeof leaseRoutes>[0])
  const page = (of: Buyer) => ({ ...call(of, ''), query: { limit: 100 } }) as unknown
  const listed = async (of: Buyer) => {
    const orders = await listOrders(page(of) as Parameters<typeof listOrders>[0])
    const leases = await listLeases(page(of) as Parameters<typeof listLeases>[0])
    const all = [...orders.items, ...leases.items]
    return new Map(all.map(({ id, expectedStart }) => [id, expectedStart]))
  }
  return { ...stand, ofOrder, ofLease, listed }
}

afterEach(() => stand.dispose())

/** Takes the whole pool, for so long at most. */
async function fill(of: Buyer, timeLimitMs: number | null): Promise<void> {
  const { lease, cycle, stepLease, database } = stand
  const { id } = await lease(of, { kind: 'on_demand', gpus: 16, nodes: 4 })
  const limit = timeLimitMs === null ? null : BigInt(timeLimitMs)
  await database.updateTable('lease').set({ time_limit_ms: limit }).where('id', '=', id).execute()
  await cycle()
  await stepLease(id)
}

test('what waits behind work with a limit starts at its end at the latest; behind work without one, nobody knows', async () => {
  const { buyer, lease, order, ofLease, ofOrder, clock, clear, listed, database, ids } =
    await begin()
  const a = await buyer('a')
  await fill(a, 2 * HOUR_MS)
  const endsAt = new Date(clock.now().getTime() + 2 * HOUR_MS).toISOString()
  const waiting = await lease(a, { gpus: 4 })
  const ordered = await order(a, { gpus: 4, limit: '1' })
  expect(await ofLease(a, waiting.id)).toEqual({ p50At: endsAt, p90At: endsAt })
  expect(await ofOrder(a, ordered.id)).toEqual({ p50At: endsAt, p90At: endsAt })
  // then lists say the same, and one that is about to be asked for is told so beforehand
  const told = await listed(a)
  for (const { id } of [waiting, ordered])
    expect(told.get(id)).toEqual({ p50At: endsAt, p90At: endsAt })
  const asked = stand.request(a, { gpus: 4, limit: '1' })
  const context = { now: clock.now(), ids }
  const beforehand = await expectedFillOfNew(database, asked, context)
  expect(beforehand).toEqual({ p50At: endsAt, p90At: endsAt })
  await clear()
  expect((await stand.find(ordered.id)).state).toBe('standing')
  stand.dispose()
  const other = await begin()
  const b = await other.buyer('b')
  await fill(b, null)
  const lost = await other.lease(b, { gpus: 4 })
  expect(await other.ofLease(b, lost.id)).toEqual({ p50At: null, p90At: null })
})

test('an order that would fit now is expected at the end of its window; below the reserve nobody knows', async () => {
  const { buyer, order, ofOrder, clear, clock, lease, cycle } = await begin()
  const a = await buyer('a')
  const { id } = await order(a, { gpus: 4, limit: '0.2' })
  const told = await ofOrder(a, id)
  expect(Date.parse(told?.p90At ?? '') - clock.now().getTime()).toBeLessThanOrEqual(60_000)
  await lease(a, { kind: 'on_demand', gpus: 12, nodes: 3 })
  await cycle()
  expect(await ofOrder(a, id)).toEqual({ p50At: null, p90At: null })
  await clear()
  expect(await ofOrder(a, (await order(a, { gpus: 1, limit: '1' })).id)).not.toBeNull()
})

test('an offer says when it is likely to start, and what runs already has none', async () => {
  const { buyer, database, clock, ofLease, lease, cycle } = await begin()
  const a = await buyer('a')
  const query = {
    ...{ ...a, gpus: 4, nodes: undefined, pool: POOL, most: 5 },
    ...{ accelerator: undefined, site: undefined, region: undefined, jurisdiction: undefined },
    ...{ tier: 'spot' as const, limit: null, from: null, durationMs: undefined },
  }
  const now = clock.now().toISOString()
  const free = await answerOffers(database, query, clock.now())
  expect(free.items[0]?.expectedStart).toEqual({ p50At: now, p90At: now })
  const running = await lease(a, { gpus: 1 })
  await cycle()
  expect(await ofLease(a, running.id)).toBeNull()
  await fill(await buyer('b'), HOUR_MS)
  const later = await answerOffers(database, query, clock.now())
  for (const { startsAt, expectedStart } of later.items)
    if (expectedStart.p90At !== null) expect(expectedStart.p90At >= startsAt).toBe(true)
})

test('of a guarantee that is not promised now, nobody knows when it will be', async () => {
  const { buyer, order, ofOrder } = await begin()
  const a = await buyer('a')
  const { id } = await order(a, { gpus: 1, limit: '1.9', guaranteeHours: 2 })
  expect(await ofOrder(a, id)).toEqual({ p50At: null, p90At: null })
})
