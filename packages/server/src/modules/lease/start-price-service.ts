/** The price at which a lease would start now: the one that was agreed for it, or the pool's in force. */
import type { Tier } from '@spillway/contract'
import { getGpuPrice } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { GPU_MS_PER_HOUR, isSoldByHour, type Lease } from './lease.ts'

type StartPrice = Awaited<ReturnType<typeof getGpuPrice>>

export async function startPrice(
  db: Db,
  { pool, kind, agreedPrice }: Pick<Lease, 'pool' | 'agreedPrice'> & { readonly kind: Tier },
  at: Date,
): Promise<StartPrice> {
  if (agreedPrice === null) return getGpuPrice(db, { pool, tier: kind, at })
  const { id, amount } = agreedPrice
  return { id, price: { amount, per: GPU_MS_PER_HOUR, unit: 'gpu_ms' } }
}

/** Asks each price once, however many start at it; null for what is not sold. */
export function startPrices(db: Db, at: Date): (lease: Lease) => Promise<StartPrice | null> {
  const known = new Map<string, StartPrice>()
  return async ({ kind, pool, agreedPrice }) => {
    if (!isSoldByHour(kind)) return null
    if (agreedPrice !== null) return startPrice(db, { kind, pool, agreedPrice }, at)
    const key = `${pool} ${kind}`
    const price = known.get(key) ?? (await startPrice(db, { kind, pool, agreedPrice }, at))
    known.set(key, price)
    return price
  }
}
