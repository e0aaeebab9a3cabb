/** Passes orders over whose quota was lowered since they were made: they stand until it allows them again. */
import { findExcess } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { tellStanding } from './record-service.ts'
import type { WholeOrder } from './store.ts'

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
  const standing = [...excess].map(([order, why]) => ({
    ...{ order, text: `${why} It stands until the quota allows it.` },
  }))
  await tellStanding(tx, standing, now)
  return orders.filter((order) => !excess.has(order))
}
