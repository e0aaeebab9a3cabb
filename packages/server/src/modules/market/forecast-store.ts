/** SQL of forecasts as they were made. They are written once and never changed. */
import type { Db } from '#platform/db/database.ts'
import type { Distribution } from './forecast/distribution.ts'
import type { FallbackReason } from './forecast/fallback.ts'

export interface MadeForecast {
  readonly pool: string
  /** The hour that had just passed. */
  readonly hour: Date
  readonly horizonHours: number
  readonly capacity: number
  readonly peak: Distribution
  readonly fallback: FallbackReason | null
  readonly offered: number | null
}

/** One that is there already stands. */
export async function saveForecasts(tx: Db, made: readonly MadeForecast[]): Promise<void> {
  if (made.length === 0) return
  await tx
    .insertInto('demand_forecast')
    .values(
      made.map(({ pool, hour, horizonHours, capacity, peak, fallback, offered }) => ({
        pool_name: pool,
        hour,
        horizon_hours: horizonHours,
        capacity_gpus: capacity,
        peak: [...peak],
        fallback,
        offered_gpus: offered,
      })),
    )
    .onConflict((conflict) => conflict.columns(['pool_name', 'hour', 'horizon_hours']).doNothing())
    .execute()
}

interface Wanted {
  readonly pool?: string
  /** The first hour, included. */
  readonly from: Date
  /** The first hour after. */
  readonly to: Date
}

/** Oldest first. */
export async function listForecasts(
  db: Db,
  { pool, from, to }: Wanted,
): Promise<readonly MadeForecast[]> {
  const within = db
    .selectFrom('demand_forecast')
    .selectAll()
    .where('hour', '>=', from)
    .where('hour', '<', to)
  const rows = await (pool === undefined ? within : within.where('pool_name', '=', pool))
    .orderBy('hour')
    .orderBy('pool_name')
    .orderBy('horizon_hours')
    .execute()
  return rows.map((row) => ({
    pool: row.pool_name,
    hour: row.hour,
    horizonHours: row.horizon_hours,
    capacity: row.capacity_gpus,
    peak: Float64Array.from(row.peak),
    fallback: row.fallback as FallbackReason | null,
    offered: row.offered_gpus,
  }))
}

export async function deleteOldForecasts(tx: Db, before: Date): Promise<void> {
  await tx.deleteFrom('demand_forecast').where('hour', '<', before).execute()
}
