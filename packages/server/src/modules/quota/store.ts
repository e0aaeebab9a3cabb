/** SQL of quotas. What counts against them is a view of what is open, and is never written. */
import type { Tier } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Part, Quota, Use } from './quota.ts'

function toQuota(row: Selectable<Schema['quota']>): Quota {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    pool: row.pool_name,
    accelerator: row.accelerator,
    tier: row.tier as Tier | null,
    gpus: row.gpus,
    setAt: row.set_at,
  }
}

/** Sets a quota; one for the same is replaced and keeps its id. */
export async function upsertQuota(tx: Db, quota: Quota): Promise<Quota> {
  const row = await tx
    .insertInto('quota')
    .values({
      id: quota.id,
      organization_id: quota.organizationId,
      project_id: quota.projectId,
      pool_name: quota.pool,
      accelerator: quota.accelerator,
      tier: quota.tier,
      gpus: quota.gpus,
      set_at: quota.setAt,
    })
    .onConflict((conflict) =>
      conflict.constraint('quota_once').doUpdateSet({ gpus: quota.gpus, set_at: quota.setAt }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return toQuota(row)
}

/** The organization's quotas are found no more by this id; null: there was none. */
export async function removeQuota(tx: Db, id: string): Promise<Quota | null> {
  const row = await tx.deleteFrom('quota').where('id', '=', id).returningAll().executeTakeFirst()
  return row === undefined ? null : toQuota(row)
}

/** Those of these organizations, and the defaults, which come first; all where none are named. */
export async function selectQuotas(
  db: Db,
  organizationIds?: readonly string[],
): Promise<readonly Quota[]> {
  const all = db
    .selectFrom('quota')
    .selectAll()
    .orderBy(sql`organization_id NULLS FIRST`)
    .orderBy('set_at')
    .orderBy('id')
  const query =
    organizationIds === undefined
      ? all
      : all.where(
          sql<boolean>`(organization_id IS NULL
            OR organization_id = ANY (${arrayText(organizationIds)}::text[]))`,
        )
  return (await query.execute()).map(toQuota)
}

/**
 * Whoever wants more of what these organizations may hold comes after this transaction, and then sees what it took.
 * In one order, so that two who take several never wait for each other.
 */
export async function lockQuotaUse(tx: Db, organizationIds: readonly string[]): Promise<void> {
  for (const id of [...new Set(organizationIds)].toSorted())
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`quota/${id}`}, 0))`.execute(tx)
}

interface UseRow {
  readonly organization_id: string
  readonly project_id: string | null
  readonly pool_name: string
  readonly tier: Tier
  readonly part: Part
  readonly gpus: number
}

/** What counts against quotas at an instant, by organization. */
export async function sumUse(
  db: Db,
  organizationIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, readonly Use[]>> {
  const { rows } = await sql<UseRow>`
    SELECT organization_id, project_id, pool_name, tier, part, sum(gpus)::integer AS gpus
    FROM quota_use
    WHERE organization_id = ANY (${arrayText(organizationIds)}::text[])
      AND (expires_at IS NULL OR expires_at > ${now}::timestamptz)
    GROUP BY organization_id, project_id, pool_name, tier, part`.execute(db)
  const uses = rows.map(({ organization_id, project_id, pool_name, tier, part, gpus }) => ({
    organizationId: organization_id,
    use: { projectId: project_id, pool: pool_name, tier, part, gpus },
  }))
  const grouped = Map.groupBy(uses, ({ organizationId }) => organizationId)
  return new Map([...grouped].map(([id, each]) => [id, each.map(({ use }) => use)]))
}
