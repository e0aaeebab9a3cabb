/** SQL of what the market asks of leases: those that have slots in few columns, because there may be thousands of them. */
import type { ReclaimTerms } from '@spillway/contract'
import { type Money, money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'

/** A lease that has slots, as a plan sees it. */
export interface Standing {
  readonly startedAt: Date | null
  readonly priceUsd: Money | null
  readonly reclaimFor: string | null
  readonly isTakenBack: boolean
  readonly checkpointAt: Date | null
  readonly terms: ReclaimTerms | null
  readonly reclaimsMonth: string | null
  readonly reclaimsInMonth: number
}

/** By lease. */
export async function listStandings(db: Db): Promise<ReadonlyMap<string, Standing>> {
  const rows = await db
    .selectFrom('lease')
    .select(['id', 'started_at', 'price_usd', 'reclaim_for', 'reclaim_reason'])
    .select(['checkpoint_at', 'terms', 'reclaims_month', 'reclaims_in_month'])
    .where('state', '<>', 'ended')
    .where('state', '<>', 'pending')
    .execute()
  // Terms and prices are those of the pools: a few, however many leases there are.
  const prices = new Map<string, Money>()
  const priceOf = (text: string) => {
    const known = prices.get(text) ?? money(text)
    prices.set(text, known)
    return known
  }
  return new Map(
    rows.map((row) => [
      row.id,
      {
        startedAt: row.started_at,
        priceUsd: row.price_usd === null ? null : priceOf(row.price_usd),
        reclaimFor: row.reclaim_for,
        isTakenBack: row.reclaim_reason === 'reclaimed',
        checkpointAt: row.checkpoint_at,
        terms: row.terms as ReclaimTerms | null,
        reclaimsMonth: row.reclaims_month,
        reclaimsInMonth: row.reclaims_in_month,
      },
    ]),
  )
}
