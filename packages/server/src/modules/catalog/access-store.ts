/** SQL of which models projects may use. */
import type { ModelAccessRule } from '@spillway/contract'
import type { Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface AccessRule {
  readonly projectId: string
  readonly organizationId: string
  readonly setBy: 'operator' | 'organization'
  readonly version: number
  readonly rule: ModelAccessRule
  readonly models: readonly string[]
  readonly setAt: Date
}

export type AccessKey = Pick<AccessRule, 'projectId' | 'setBy'>

function toRule(row: Selectable<Schema['model_access']>): AccessRule {
  return {
    projectId: row.project_id,
    organizationId: row.organization_id,
    setBy: row.set_by as AccessRule['setBy'],
    version: row.version,
    rule: row.rule as ModelAccessRule,
    models: row.models,
    setAt: row.set_at,
  }
}

export async function listAccessRules(db: Db): Promise<readonly AccessRule[]> {
  const rows = await db
    .selectFrom('model_access')
    .selectAll()
    .orderBy('project_id')
    .orderBy('set_by')
    .execute()
  return rows.map(toRule)
}

/** Those that hold for a project. */
export async function listAccessOf(db: Db, projectId: string): Promise<readonly AccessRule[]> {
  const rows = await db
    .selectFrom('model_access')
    .selectAll()
    .where('project_id', '=', projectId)
    .execute()
  return rows.map(toRule)
}

export async function upsertAccess(tx: Db, access: AccessRule): Promise<void> {
  const values = {
    organization_id: access.organizationId,
    version: access.version,
    rule: access.rule,
    models: [...access.models],
    set_at: access.setAt,
  }
  await tx
    .insertInto('model_access')
    .values({ project_id: access.projectId, set_by: access.setBy, ...values })
    .onConflict((conflict) => conflict.columns(['project_id', 'set_by']).doUpdateSet(values))
    .execute()
}

/** False: there was none. */
export async function deleteAccess(tx: Db, { projectId, setBy }: AccessKey): Promise<boolean> {
  const row = await tx
    .deleteFrom('model_access')
    .where('project_id', '=', projectId)
    .where('set_by', '=', setBy)
    .returning('project_id')
    .executeTakeFirst()
  return row !== undefined
}
