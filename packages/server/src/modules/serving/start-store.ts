/** SQL of how long replicas took until they served. */
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import { COLD_STARTS_JUDGED } from '../../limits.ts'

export interface ReplicaStart {
  readonly leaseId: string
  readonly deploymentId: string
  readonly readyAt: Date
  /** For room. */
  readonly waitedMs: number
  /** From having room to serving. */
  readonly loadedMs: number
}

/** A lease serves for the first time once. */
export async function saveStart(tx: Db, start: ReplicaStart): Promise<void> {
  await tx
    .insertInto('replica_start')
    .values({
      lease_id: start.leaseId,
      deployment_id: start.deploymentId,
      ready_at: start.readyAt,
      waited_ms: start.waitedMs,
      loaded_ms: start.loadedMs,
    })
    .onConflict((conflict) => conflict.column('lease_id').doNothing())
    .execute()
}

/** The latest, newest first. */
export async function listStarts(
  db: Db,
  deploymentId: string,
  limit: number,
): Promise<readonly ReplicaStart[]> {
  const rows = await db
    .selectFrom('replica_start')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .orderBy('ready_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    leaseId: row.lease_id,
    deploymentId: row.deployment_id,
    readyAt: row.ready_at,
    waitedMs: row.waited_ms,
    loadedMs: row.loaded_ms,
  }))
}

/** How long each deployment's replicas took to start lately, once they had room: the median. */
export async function coldStartsByDeployment(db: Db): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ deployment_id: string; loaded_ms: number }>`
    SELECT deployment.id AS deployment_id,
      percentile_disc(0.5) WITHIN GROUP (ORDER BY latest.loaded_ms) AS loaded_ms
    FROM deployment CROSS JOIN LATERAL (
      SELECT loaded_ms FROM replica_start WHERE replica_start.deployment_id = deployment.id
      ORDER BY ready_at DESC LIMIT ${COLD_STARTS_JUDGED}) AS latest
    GROUP BY deployment.id`.execute(db)
  return new Map(rows.map((row) => [row.deployment_id, row.loaded_ms]))
}
