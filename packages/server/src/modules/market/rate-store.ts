/** SQL of the rate at which promises are sold: one row for each time that it was reckoned, never changed. */
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'

/** What a pool sells of each promise, and what that followed from. */
export interface SurplusRate {
  readonly pool: string
  /** From this hour on. */
  readonly hour: Date
  readonly eta: number
  /** Promises that came to their end since the last time, and those of them that broke. */
  readonly promises: number
  readonly breaches: number
  /** How long the first of those who waited for a promise had waited. */
  readonly headWaitMs: number
}

/** One that is there already stands. */
export async function saveRates(tx: Db, rates: readonly SurplusRate[]): Promise<void> {
  if (rates.length === 0) return
  const rows = rates.map(({ pool, hour, eta, promises, breaches, headWaitMs }) => ({
    ...{ pool_name: pool, hour, eta, promises, breaches, head_wait_ms: BigInt(headWaitMs) },
  }))
  await tx
    .insertInto('surplus_rate')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['pool_name', 'hour']).doNothing())
    .execute()
}

/** The last rate of each pool that was reckoned by an instant. */
export async function listRates(db: Db, by: Date): Promise<ReadonlyMap<string, SurplusRate>> {
  const { rows } = await sql<{
    pool_name: string
    hour: Date
    eta: number
    promises: number
    breaches: number
    head_wait_ms: string
  }>`SELECT DISTINCT ON (pool_name) pool_name, hour, eta, promises, breaches,
      head_wait_ms::text AS head_wait_ms
    FROM surplus_rate WHERE hour <= ${by} ORDER BY pool_name, hour DESC`.execute(db)
  return new Map(
    rows.map(({ pool_name: pool, head_wait_ms: waited, ...rate }) => [
      pool,
      { pool, ...rate, headWaitMs: Number(waited) },
    ]),
  )
}
