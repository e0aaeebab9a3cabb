/** SQL of the owner's demand over time. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { DemandSample } from './demand.ts'

function toSample(row: Selectable<Schema['anchor_demand']>): DemandSample {
  return {
    at: row.at,
    runningGpus: row.running_gpus,
    pendingGpus: row.pending_gpus,
    runningJobs: row.running_jobs,
    pendingJobs: row.pending_jobs,
  }
}

export async function saveDemand(tx: Db, pool: string, sample: DemandSample): Promise<void> {
  await tx
    .insertInto('anchor_demand')
    .values({
      pool_name: pool,
      at: sample.at,
      running_gpus: sample.runningGpus,
      pending_gpus: sample.pendingGpus,
      running_jobs: sample.runningJobs,
      pending_jobs: sample.pendingJobs,
    })
    .onConflict((conflict) => conflict.columns(['pool_name', 'at']).doNothing())
    .execute()
}

/** The last sample of a pool; null where its engine never told of any work. */
export async function latestDemand(db: Db, pool: string): Promise<DemandSample | null> {
  const row = await db
    .selectFrom('anchor_demand')
    .selectAll()
    .where('pool_name', '=', pool)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? toSample(row) : null
}

/** Oldest first; each holds until the next. */
export async function listDemand(
  db: Db,
  pool: string,
  window: { readonly from: Date; readonly to: Date; readonly limit: number },
): Promise<readonly DemandSample[]> {
  const rows = await db
    .selectFrom('anchor_demand')
    .selectAll()
    .where('pool_name', '=', pool)
    .where('at', '>=', window.from)
    .where('at', '<', window.to)
    .orderBy('at', 'desc')
    .limit(window.limit)
    .execute()
  return rows.map(toSample).toReversed()
}

/** Drops samples of before an instant, but for the one of each pool that holds at it. */
export async function deleteOldDemand(db: Db, before: Date): Promise<void> {
  await sql`
    DELETE FROM anchor_demand AS old USING (
      SELECT pool_name, max(at) AS at FROM anchor_demand WHERE at <= ${before} GROUP BY pool_name
    ) AS holding
    WHERE old.pool_name = holding.pool_name AND old.at < holding.at`.execute(db)
}

/** GPUs that the owner's people had and waited for in an hour of which anything was told. */
export interface ToldHour {
  readonly pool: string
  readonly hour: Date
  /** At most at once. */
  readonly gpus: number
  /** What was told last. */
  readonly gpusLast: number
}

/** By the hour, up to what was told until an instant. */
export async function listHourlyDemand(
  db: Db,
  { since, until }: { readonly since: Date; readonly until: Date },
): Promise<readonly ToldHour[]> {
  const { rows } = await sql<{ pool_name: string; hour: Date; gpus: number; gpus_last: number }>`
    SELECT pool_name, date_trunc('hour', at, 'UTC') AS hour, max(running_gpus + pending_gpus) AS gpus,
      (array_agg(running_gpus + pending_gpus ORDER BY at DESC))[1] AS gpus_last
    FROM anchor_demand WHERE at >= ${since} AND at <= ${until} GROUP BY 1, 2 ORDER BY 2`.execute(db)
  return rows.map(({ pool_name, hour, gpus, gpus_last }) => ({
    ...{ pool: pool_name, hour, gpus, gpusLast: gpus_last },
  }))
}
