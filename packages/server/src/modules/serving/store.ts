/** SQL of deployments and their replicas. */
import type { Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { ModelServer } from './model-server.ts'
import type { ReplicaRow } from './replica.ts'
import type { ScalingTerms } from './terms.ts'

export interface Deployment {
  readonly id: string
  readonly model: string
  readonly source: 'replica' | 'upstream'
  readonly pool: string | null
  readonly replicasWanted: number
  readonly terms: ScalingTerms
  readonly weights: string | null
  /** Null: its replicas are ours. */
  readonly server: ModelServer | null
  readonly upstreamUrl: string | null
  readonly upstreamModel: string | null
  /** Of an upstream: its name may lead into a private network. */
  readonly allowsPrivateNetwork: boolean
  readonly createdAt: Date
}

const toJson = (server: ModelServer | null) => (server === null ? null : JSON.stringify(server))

function termColumns(terms: ScalingTerms) {
  return {
    policy: terms.policy,
    replicas_min: terms.replicasMin,
    replicas_max: terms.replicasMax,
    idle_ms: terms.idleMs,
    steady_ms: terms.steadyMs,
    band_ppm: terms.bandPpm,
  }
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
      ...termColumns(deployment.terms),
      weights: deployment.weights,
      server: toJson(deployment.server),
      upstream_url: deployment.upstreamUrl,
      upstream_model: deployment.upstreamModel,
      allows_private_network: deployment.allowsPrivateNetwork,
      created_at: deployment.createdAt,
    })
    .execute()
}

/** Changes what a fleet file may change. */
export async function updateDeployment(
  tx: Db,
  id: string,
  change: Pick<Deployment, 'weights' | 'server'> & { readonly pool: string },
): Promise<void> {
  await tx
    .updateTable('deployment')
    .set({
      ...{ pool_name: change.pool, weights: change.weights },
      server: toJson(change.server),
    })
    .where('id', '=', id)
    .execute()
}

/** What the fleet file said last of how a deployment scales. */
export async function findDeclared(db: Db, id: string): Promise<unknown> {
  const row = await db
    .selectFrom('deployment')
    .select('declared')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.declared ?? null
}

export async function saveDeclared(tx: Db, id: string, declared: ScalingTerms): Promise<void> {
  await tx
    .updateTable('deployment')
    .set({ declared: JSON.stringify(declared) })
    .where('id', '=', id)
    .execute()
}

export async function saveTerms(tx: Db, id: string, terms: ScalingTerms): Promise<void> {
  await tx.updateTable('deployment').set(termColumns(terms)).where('id', '=', id).execute()
}

export async function saveReplicasWanted(tx: Db, id: string, wanted: number): Promise<void> {
  await tx.updateTable('deployment').set({ replicas_wanted: wanted }).where('id', '=', id).execute()
}

/** Locks a deployment, so that what is decided on it stands. */
export async function lockDeployment(tx: Db, id: string): Promise<Deployment | null> {
  const row = await tx
    .selectFrom('deployment')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? toDeployment(row) : null
}

export async function deleteDeployment(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('deployment').where('id', '=', id).execute()
}

function toDeployment(row: Selectable<Schema['deployment']>): Deployment {
  return {
    id: row.id,
    model: row.model_name,
    source: row.source as Deployment['source'],
    pool: row.pool_name,
    replicasWanted: row.replicas_wanted,
    terms: {
      policy: row.policy as ScalingTerms['policy'],
      replicasMin: row.replicas_min,
      replicasMax: row.replicas_max,
      idleMs: row.idle_ms,
      steadyMs: row.steady_ms,
      bandPpm: row.band_ppm,
    },
    weights: row.weights,
    server: row.server as ModelServer | null,
    upstreamUrl: row.upstream_url,
    upstreamModel: row.upstream_model,
    allowsPrivateNetwork: row.allows_private_network,
    createdAt: row.created_at,
  }
}

export async function listDeployments(db: Db): Promise<readonly Deployment[]> {
  const rows = await db
    .selectFrom('deployment')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toDeployment)
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
    drainingSince: row.draining_since,
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
    draining_since: row.drainingSince,
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
