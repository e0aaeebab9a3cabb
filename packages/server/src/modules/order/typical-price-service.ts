/** What spot went for in a stretch of time: the median of its windows, or the list price where there were none. */
import type { Money } from '#kernel/money.ts'
import { getGpuPrice } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { listPriceSpreads } from './clearing-store.ts'

export async function typicalPrice(
  db: Db,
  pool: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<Money> {
  const stepMs = Math.max(1, to.getTime() - from.getTime())
  const [spread] = await listPriceSpreads(db, pool, { from, to, stepMs })
  if (spread) return spread.median
  return (await getGpuPrice(db, { pool, tier: 'spot', at: to })).price.amount
}
