/** SQL of forecasts as they were made, of pools and of teams on them. They are written once and never changed. */
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

/** Of one organization's work on a pool; of it nothing is promised. */
export interface TeamForecast extends MadeForecast {
  readonly organizationId: string
}

/** One that is there already stands. */
export async function saveTeamForecasts(tx: Db, made: readonly TeamForecast[]): Promise<void> {
  if (made.length === 0) return
  await tx
    .insertInto('team_forecast')
    .values(
      made.map(({ pool, organizationId, hour, horizonHours, capacity, peak, fallback }) => ({
        ...{ pool_name: pool, organization_id: organizationId, hour, fallback },
        ...{ horizon_hours: horizonHours, capacity_gpus: capacity, peak: [...peak] },
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['pool_name', 'organization_id', 'hour', 'horizon_hours']).doNothing(),
    )
    .execute()
}

/** Oldest first. */
export async function listTeamForecasts(
  db: Db,
  { pool, from, to, organizationId }: Wanted & { readonly organizationId?: string },
): Promise<readonly TeamForecast[]> {
  let query = db
    .selectFrom('team_forecast')
    .selectAll()
    .where('hour', '>=', from)
    .where('hour', '<', to)
  if (pool !== undefined) query = query.where('pool_name', '=', pool)
  if (organizationId !== undefined) query = query.where('organization_id', '=', organizationId)
  const rows = await query.orderBy('hour').orderBy('horizon_hours').execute()
  return rows.map((row) => ({
    ...{ pool: row.pool_name, organizationId: row.organization_id, hour: row.hour },
    ...{ horizonHours: row.horizon_hours, capacity: row.capacity_gpus, offered: null },
    peak: Float64Array.from(row.peak),
    fallback: row.fallback as FallbackReason | null,
  }))
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
  await tx.deleteFrom('team_forecast').where('hour', '<', before).execute()
}
