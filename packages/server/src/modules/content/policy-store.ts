/** SQL of what projects let be kept. */
import { type Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { CacheMode, ContentPolicy } from './policy.ts'

function toPolicy(row: Selectable<Schema['content_policy']>): ContentPolicy {
  return {
    projectId: row.project_id,
    organizationId: row.organization_id,
    cache: row.cache as CacheMode,
    cacheTtlS: row.cache_ttl_s,
    isSampledCached: row.is_sampled_cached,
    storedDays: row.stored_days,
    generation: row.generation,
    setBy: row.set_by,
    setAt: row.set_at,
  }
}

export async function selectPolicies(db: Db): Promise<readonly ContentPolicy[]> {
  const rows = await db.selectFrom('content_policy').selectAll().orderBy('project_id').execute()
  return rows.map(toPolicy)
}

/** The policy of a project, which nobody else changes until this transaction ends. */
export async function lockPolicy(tx: Db, projectId: string): Promise<ContentPolicy | null> {
  const row = await tx
    .selectFrom('content_policy')
    .selectAll()
    .where('project_id', '=', projectId)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? null : toPolicy(row)
}

export async function upsertPolicy(tx: Db, policy: ContentPolicy): Promise<void> {
  const values = {
    organization_id: policy.organizationId,
    cache: policy.cache,
    cache_ttl_s: policy.cacheTtlS,
    is_sampled_cached: policy.isSampledCached,
    stored_days: policy.storedDays,
    generation: policy.generation,
    set_by: policy.setBy,
    set_at: policy.setAt,
  }
  await tx
    .insertInto('content_policy')
    .values({ project_id: policy.projectId, ...values })
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(values))
    .execute()
}
