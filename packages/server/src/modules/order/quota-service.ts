/** Passes orders over whose quota was lowered since they were made: they stand until it allows them again. */
import { findExcess } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { tellOrder } from './record-service.ts'
import { noteStanding, type WholeOrder } from './store.ts'

/** Leases count, and the orders before them in this round; other open orders do not, or none of them could ever go. */
const PARTS = ['held', 'waiting'] as const

/** The orders that may take part, in their order. The others are told why they may not. */
export async function passOverExcess(
  tx: Db,
  orders: readonly WholeOrder[],
  now: Date,
): Promise<readonly WholeOrder[]> {
  const excess = await findExcess(tx, orders, { parts: PARTS, now, isTurn: true })
  if (excess.size === 0) return orders
  const texts = [...excess].map(([{ id }, why]) => ({
    id,
    text: `${why} It stands until the quota allows it.`,
  }))
  await noteStanding(tx, texts)
  for (const [order, why] of excess)
    if (order.state === 'pending')
      await tellOrder(tx, order, { type: 'order.standing', text: why, at: now })
  return orders.filter((order) => !excess.has(order))
}
