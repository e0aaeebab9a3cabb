/** SQL of active checks. */
import { type Selectable, sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
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

/** When the last check of each of these nodes began, however many there ever were. */
export async function listLastChecks(
  db: Db,
  nodeIds: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await sql<{ node_id: string; at: Date | null }>`
    SELECT node_id, (
      SELECT started_at FROM health_check WHERE health_check.node_id = node.node_id
      ORDER BY started_at DESC LIMIT 1
    ) AS at FROM unnest(${arrayText(nodeIds)}::text[]) AS node (node_id)`.execute(db)
  return new Map(rows.flatMap((row) => (row.at === null ? [] : [[row.node_id, row.at] as const])))
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
