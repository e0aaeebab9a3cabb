/**
 * When an open order is likely to be filled, and what is offered to start. Orders come after leases that wait, and among
 * each other by arrival: what somebody else bids is nobody's business, so that it has no part in what is told.
 */
import type { IdSource } from '#kernel/ids.ts'
import type { Money } from '#kernel/money.ts'
import {
  isQuickToReckon,
  planLease,
  readSaleBounds,
  readStarts,
  renderStart,
} from '#modules/lease/index.ts'
import { type LineWork, UNKNOWN } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { CLEARING_WINDOW_MS, STARTS_TOLD_MAX } from '../../limits.ts'
import type { OfferFound } from './offer.ts'
import { isOpen, windowEndAfter } from './order.ts'
import { readReserve } from './rule-service.ts'
import type { OrderRequest } from './service.ts'
import { listOpenOrders, type WholeOrder } from './store.ts'
import { readSupply } from './supply-service.ts'

const HOUR_MS = 3_600_000
/** Of those that start later, so many are looked into. */
const OFFERS_ESTIMATED = 6

/** As much of an order as says when it may be filled. */
type Asked = Pick<
  WholeOrder,
  'id' | 'tier' | 'pool' | 'gpus' | 'nodes' | 'limit' | 'guaranteeHours'
> & { readonly request: Pick<WholeOrder['request'], 'timeLimitMs'> }

function toWork({ id, tier, gpus, nodes, request }: Asked): LineWork {
  const limitMs = request.timeLimitMs ?? null
  return { id, kind: tier, gpus, nodes, limitMs, takesRoom: false }
}

/** Below the reserve it is not filled, and when that falls nobody knows; nor when more will be promised than is now. */
async function readHope(
  db: Db,
  pool: string,
  now: Date,
): Promise<(asked: Asked) => Promise<boolean>> {
  const supply = await readSupply(db, pool)
  const reserves = new Map<number, Money>()
  let bounds: Awaited<ReturnType<typeof readSaleBounds>> | null = null
  return async ({ tier, limit, gpus, guaranteeHours }) => {
    const reserve =
      reserves.get(guaranteeHours) ??
      (await readReserve(db, pool, { supply, at: now, guaranteeHours })).reserve
    reserves.set(guaranteeHours, reserve)
    if (tier === 'spot' && limit !== null && limit < reserve) return false
    if (guaranteeHours === 0) return true
    bounds ??= await readSaleBounds(db, pool, now)
    return bounds.room.left(guaranteeHours * HOUR_MS) >= gpus
  }
}

type Start = ReturnType<typeof renderStart>

/** Of some of a pool, after all that is open there. An order is filled at the end of a window. */
async function fillsOn(
  db: Db,
  { pool, asked, more }: { pool: string; asked: readonly Asked[]; more: readonly Asked[] },
  now: Date,
): Promise<ReadonlyMap<string, Start>> {
  const hasHope = await readHope(db, pool, now)
  const hopeful: string[] = []
  for (const each of asked) if (await hasHope(each)) hopeful.push(each.id)
  const open = [...(await listOpenOrders(db, pool)), ...more]
  const estimate = hopeful.length === 0 ? null : await readStarts(db, pool, now)
  const found = estimate?.(hopeful, open.map(toWork))
  const soonestMs = windowEndAfter(now.getTime(), CLEARING_WINDOW_MS) - now.getTime()
  const atWindow = (ms: number | null) => (ms === null ? null : Math.max(ms, soonestMs))
  return new Map(
    asked.map(({ id }) => {
      const { p50Ms, p90Ms } = found?.get(id) ?? UNKNOWN
      return [id, renderStart({ p50Ms: atWindow(p50Ms), p90Ms: atWindow(p90Ms) }, now)]
    }),
  )
}

/** Of an order; null where it is closed. */
export async function expectedFill(db: Db, order: WholeOrder, now: Date): Promise<Start | null> {
  if (!isOpen(order)) return null
  const fills = await fillsOn(db, { pool: order.pool, asked: [order], more: [] }, now)
  return fills.get(order.id) ?? null
}

/** Of a list, of those that are open, while that is quick. */
export async function expectedFills(
  db: Db,
  orders: readonly WholeOrder[],
  now: Date,
): Promise<ReadonlyMap<string, Start>> {
  const open = orders.filter(isOpen).slice(0, STARTS_TOLD_MAX)
  const fills = new Map<string, Start>()
  for (const [pool, asked] of Map.groupBy(open, (order) => order.pool))
    if (await isQuickToReckon(db, pool))
      for (const [id, start] of await fillsOn(db, { pool, asked, more: [] }, now))
        fills.set(id, start)
  return fills
}

/** Of one that is about to be made, after all that stand. Asked before it locks anything; null where it waits for no window. */
export async function expectedFillOfNew(
  db: Db,
  { lease, limit, guaranteeHours = 0, start }: OrderRequest,
  context: { readonly now: Date; readonly ids: IdSource },
): Promise<Start | null> {
  const isWaiting = lease.kind === 'spot' || start === 'when_it_fits'
  if (!isWaiting || limit === null) return null
  const { pool, nodes } = await planLease(db, { ...lease, maxPriceUsd: limit }, context)
  if (!(await isQuickToReckon(db, pool))) return null
  const tier = lease.kind === 'spot' ? ('spot' as const) : ('on_demand' as const)
  const { gpus } = lease
  const asked = { id: 'new', tier, pool, gpus, nodes, limit, guaranteeHours, request: lease }
  const fills = await fillsOn(db, { pool, asked: [asked], more: [asked] }, context.now)
  return fills.get('new') ?? null
}

/** Of offers, in their order; those of a pool are looked at one by one, as if each were the only one. */
export async function expectedStartsOf(db: Db, offers: readonly OfferFound[], now: Date) {
  let left = OFFERS_ESTIMATED
  const estimates = new Map<string, Awaited<ReturnType<typeof readStarts>>>()
  const starts = []
  for (const { pool, tier, gpus, nodes, startsMs } of offers) {
    const aheadMs = startsMs - now.getTime()
    const estimate = estimates.get(pool) ?? (await readStarts(db, pool, now))
    estimates.set(pool, estimate)
    const takesRoom = tier === 'on_demand'
    const work = { id: 'offer', kind: tier, gpus, nodes, limitMs: null, takesRoom }
    const isLater = aheadMs > 0
    const isTold = !isLater || left-- > 0
    const { p50Ms, p90Ms } = isTold
      ? (estimate(['offer'], [work]).get('offer') ?? UNKNOWN)
      : UNKNOWN
    // Nobody starts before it is wanted.
    const from = (ms: number | null) => (ms === null ? null : Math.max(ms, aheadMs))
    starts.push(renderStart({ p50Ms: from(p50Ms), p90Ms: from(p90Ms) }, now))
  }
  return starts
}
