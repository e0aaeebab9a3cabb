/** SQL of active checks. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface HealthCheck {
  readonly id: string
  readonly pool: string
  readonly nodeId: string
  readonly slots: number
  readonly startedAt: Date
}

function toCheck(row: Selectable<Schema['health_check']>): HealthCheck {
  return {
    id: row.id,
    pool: row.pool_name,
    nodeId: row.node_id,
    slots: row.slots,
    startedAt: row.started_at,
  }
}

export async function insertCheck(tx: Db, check: HealthCheck): Promise<void> {
  await tx
    .insertInto('health_check')
    .values({
      id: check.id,
      pool_name: check.pool,
      node_id: check.nodeId,
      slots: check.slots,
      state: 'running',
      started_at: check.startedAt,
    })
    .execute()
}

export async function listRunningChecks(db: Db, pool: string): Promise<readonly HealthCheck[]> {
  const rows = await db
    .selectFrom('health_check')
    .selectAll()
    .where('pool_name', '=', pool)
    .where('state', '=', 'running')
    .execute()
  return rows.map(toCheck)
}

/** When the last check of each node of a pool began. */
export async function listLastChecks(db: Db, pool: string): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await sql<{ node_id: string; at: Date }>`
    SELECT node_id, max(started_at) AS at FROM health_check WHERE pool_name = ${pool} GROUP BY node_id`.execute(
    db,
  )
  return new Map(rows.map((row) => [row.node_id, row.at]))
}

/** False when somebody closed it before. */
export async function closeCheck(
  tx: Db,
  id: string,
  {
    state,
    text,
    endedAt,
  }: { readonly state: string; readonly text: string; readonly endedAt: Date },
): Promise<boolean> {
  const { rows } = await sql`UPDATE health_check
    SET state = ${state}, text = ${text}, ended_at = greatest(started_at, ${endedAt}::timestamptz)
    WHERE id = ${id} AND state = 'running' RETURNING id`.execute(tx)
  return rows.length > 0
}
