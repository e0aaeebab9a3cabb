/** SQL of what buyers asked of more. */
import type { QuotaRequestState, Tier } from '@spillway/contract'
import type { Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface QuotaRequest {
  readonly id: string
  readonly organizationId: string
  readonly projectId: string | null
  readonly pool: string | null
  readonly accelerator: string | null
  readonly tier: Tier | null
  readonly gpus: number
  readonly reason: string
  readonly state: QuotaRequestState
  readonly createdAt: Date
  readonly decidedAt: Date | null
  readonly answer: string | null
  readonly grantedGpus: number | null
}

function toRequest(row: Selectable<Schema['quota_request']>): QuotaRequest {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    pool: row.pool_name,
    accelerator: row.accelerator,
    tier: row.tier as Tier | null,
    gpus: row.gpus,
    reason: row.reason,
    state: row.state as QuotaRequestState,
    createdAt: row.created_at,
    decidedAt: row.decided_at,
    answer: row.answer,
    grantedGpus: row.granted_gpus,
  }
}

export async function insertRequest(tx: Db, request: QuotaRequest): Promise<void> {
  const row = {
    id: request.id,
    organization_id: request.organizationId,
    project_id: request.projectId,
    pool_name: request.pool,
    accelerator: request.accelerator,
    tier: request.tier,
    gpus: request.gpus,
    reason: request.reason,
    state: request.state,
    created_at: request.createdAt,
  }
  await tx.insertInto('quota_request').values(row).execute()
}

/** Newest first; of all organizations where none is named. */
export async function selectRequests(
  db: Db,
  {
    organizationId,
    state,
    limit,
  }: {
    readonly organizationId: string | null
    readonly state?: QuotaRequestState | undefined
    readonly limit: number
  },
): Promise<readonly QuotaRequest[]> {
  let query = db.selectFrom('quota_request').selectAll().orderBy('id', 'desc').limit(limit)
  if (organizationId !== null) query = query.where('organization_id', '=', organizationId)
  if (state !== undefined) query = query.where('state', '=', state)
  return (await query.execute()).map(toRequest)
}

export async function lockRequest(tx: Db, id: string): Promise<QuotaRequest | null> {
  const query = tx.selectFrom('quota_request').selectAll().where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? null : toRequest(row)
}

export async function closeRequest(
  tx: Db,
  id: string,
  closing: Pick<QuotaRequest, 'state' | 'decidedAt' | 'answer' | 'grantedGpus'>,
): Promise<void> {
  await tx
    .updateTable('quota_request')
    .set({
      state: closing.state,
      decided_at: closing.decidedAt,
      answer: closing.answer,
      granted_gpus: closing.grantedGpus,
    })
    .where('id', '=', id)
    .execute()
}
