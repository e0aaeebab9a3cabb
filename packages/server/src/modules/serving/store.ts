/** SQL of deployments and their replicas. */
import type { Db } from '#platform/db/database.ts'
import type { ReplicaRow } from './replica.ts'

export interface Deployment {
  readonly id: string
  readonly model: string
  readonly source: 'replica' | 'upstream'
  readonly pool: string | null
  readonly replicasWanted: number
  readonly weights: string | null
  readonly upstreamUrl: string | null
  readonly upstreamModel: string | null
  readonly createdAt: Date
}

export async function insertDeployment(tx: Db, deployment: Deployment): Promise<void> {
  await tx
    .insertInto('deployment')
    .values({
      id: deployment.id,
      model_name: deployment.model,
      source: deployment.source,
      pool_name: deployment.pool,
      replicas_wanted: deployment.replicasWanted,
      weights: deployment.weights,
      upstream_url: deployment.upstreamUrl,
      upstream_model: deployment.upstreamModel,
      created_at: deployment.createdAt,
    })
    .execute()
}

/** Changes what a fleet file may change. */
export async function updateDeployment(
  tx: Db,
  id: string,
  change: {
    readonly pool: string
    readonly replicasWanted: number
    readonly weights: string | null
  },
): Promise<void> {
  await tx
    .updateTable('deployment')
    .set({
      pool_name: change.pool,
      replicas_wanted: change.replicasWanted,
      weights: change.weights,
    })
    .where('id', '=', id)
    .execute()
}

export async function deleteDeployment(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('deployment').where('id', '=', id).execute()
}

export async function listDeployments(db: Db): Promise<readonly Deployment[]> {
  const rows = await db
    .selectFrom('deployment')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    model: row.model_name,
    source: row.source as Deployment['source'],
    pool: row.pool_name,
    replicasWanted: row.replicas_wanted,
    weights: row.weights,
    upstreamUrl: row.upstream_url,
    upstreamModel: row.upstream_model,
    createdAt: row.created_at,
  }))
}

export async function listReplicas(
  db: Db,
): Promise<readonly (ReplicaRow & { readonly deploymentId: string })[]> {
  const rows = await db
    .selectFrom('replica')
    .selectAll()
    .orderBy('deployment_id')
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => ({
    deploymentId: row.deployment_id,
    ordinal: row.ordinal,
    leaseId: row.lease_id,
    url: row.url,
    state: row.state as ReplicaRow['state'],
    text: row.text,
    crashes: row.crashes,
    retryAt: row.retry_at,
  }))
}

/** Writes a replica's row whole. */
export async function saveReplica(tx: Db, deploymentId: string, row: ReplicaRow): Promise<void> {
  const rest = {
    lease_id: row.leaseId,
    url: row.url,
    state: row.state,
    text: row.text,
    crashes: row.crashes,
    retry_at: row.retryAt,
  }
  await tx
    .insertInto('replica')
    .values({ deployment_id: deploymentId, ordinal: row.ordinal, ...rest })
    .onConflict((conflict) => conflict.columns(['deployment_id', 'ordinal']).doUpdateSet(rest))
    .execute()
}

export async function deleteReplica(tx: Db, deploymentId: string, ordinal: number): Promise<void> {
  await tx
    .deleteFrom('replica')
    .where('deployment_id', '=', deploymentId)
    .where('ordinal', '=', ordinal)
    .execute()
}
