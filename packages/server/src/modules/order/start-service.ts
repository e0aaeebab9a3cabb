/**
 * When an open order is likely to be filled, and what is offered to start. Orders come after leases that wait, and among
 * each other by arrival: what somebody else bids is nobody's business, so that it has no part in what is told.
 */
import { readSaleBounds, readStarts, renderStart } from '#modules/lease/index.ts'
import { type LineWork, UNKNOWN } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { CLEARING_WINDOW_MS } from '../../limits.ts'
import type { OfferFound } from './offer.ts'
import { isOpen, windowEndAfter } from './order.ts'
import { readReserve } from './rule-service.ts'
import { findOrder, listOpenOrders, type WholeOrder } from './store.ts'
import { readSupply } from './supply-service.ts'

const HOUR_MS = 3_600_000
/** Of those that start later, so many are looked into. */
const OFFERS_ESTIMATED = 6

function toWork({ id, tier, gpus, nodes, request }: WholeOrder): LineWork {
  const limitMs = request.timeLimitMs ?? null
  return { id, kind: tier, gpus, nodes, limitMs, takesRoom: false }
}

/** Below the reserve it is not filled, and when that falls nobody knows. */
async function isBelowReserve(db: Db, order: WholeOrder, now: Date): Promise<boolean> {
  const { tier, limit, pool, guaranteeHours } = order
  if (tier !== 'spot' || limit === null) return false
  const supply = await readSupply(db, pool)
  return limit < (await readReserve(db, pool, { supply, at: now, guaranteeHours })).reserve
}

/** When more will be promised than is now, nobody knows either. */
async function isPromised(db: Db, order: WholeOrder, now: Date): Promise<boolean> {
  const { pool, gpus, guaranteeHours } = order
  if (guaranteeHours === 0) return true
  return (await readSaleBounds(db, pool, now)).room.left(guaranteeHours * HOUR_MS) >= gpus
}

/** Null for an order that is closed. It is filled at the end of a window. */
export async function expectedFill(db: Db, id: string, now: Date) {
  const order = await findOrder(db, id)
  if (order === null || !isOpen(order)) return null
  if ((await isBelowReserve(db, order, now)) || !(await isPromised(db, order, now)))
    return renderStart(UNKNOWN, now)
  const open = await listOpenOrders(db, order.pool)
  const estimate = await readStarts(db, order.pool, now)
  const { p50Ms, p90Ms } = estimate([id], open.map(toWork)).get(id) ?? UNKNOWN
  const soonestMs = windowEndAfter(now.getTime(), CLEARING_WINDOW_MS) - now.getTime()
  const atWindow = (ms: number | null) => (ms === null ? null : Math.max(ms, soonestMs))
  return renderStart({ p50Ms: atWindow(p50Ms), p90Ms: atWindow(p90Ms) }, now)
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
