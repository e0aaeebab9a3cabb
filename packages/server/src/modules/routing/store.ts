/** SQL of routes and of what projects allow. A version of a route is never changed: the newest is in force. */
import { RouteConstraints, RouteDocument } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface RouteVersion {
  readonly model: string
  readonly version: number
  readonly document: RouteDocument | null
  readonly setAt: Date
}

function toVersion(row: Selectable<Schema['route']>): RouteVersion {
  return {
    model: row.model_name,
    version: row.version,
    document: row.document === null ? null : RouteDocument.parse(row.document),
    setAt: row.set_at,
  }
}

/** The newest version of each model that ever had one. */
export async function listCurrent(db: Db): Promise<readonly RouteVersion[]> {
  const rows = await db
    .selectFrom('route')
    .distinctOn('model_name')
    .selectAll()
    .orderBy('model_name')
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion)
}

/** Of one model, newest first. */
export async function listVersions(db: Db, model: string): Promise<readonly RouteVersion[]> {
  const rows = await db
    .selectFrom('route')
    .selectAll()
    .where('model_name', '=', model)
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion)
}

/** Whoever sets a route of this model comes after this transaction. */
export async function lockRoute(tx: Db, model: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`route/${model}`}, 0))`.execute(tx)
}

export async function insertVersion(tx: Db, version: RouteVersion): Promise<void> {
  await tx
    .insertInto('route')
    .values({
      model_name: version.model,
      version: version.version,
      document: version.document === null ? null : JSON.stringify(version.document),
      set_at: version.setAt,
    })
    .execute()
}

export interface ProjectConstraint {
  readonly projectId: string
  readonly organizationId: string
  readonly constraints: RouteConstraints
  readonly setAt: Date
}

export async function listConstraints(db: Db): Promise<readonly ProjectConstraint[]> {
  const rows = await db.selectFrom('route_constraint').selectAll().orderBy('project_id').execute()
  return rows.map((row) => ({
    projectId: row.project_id,
    organizationId: row.organization_id,
    constraints: RouteConstraints.parse(row.constraints),
    setAt: row.set_at,
  }))
}

export async function upsertConstraint(tx: Db, constraint: ProjectConstraint): Promise<void> {
  const values = {
    organization_id: constraint.organizationId,
    constraints: JSON.stringify(constraint.constraints),
    set_at: constraint.setAt,
  }
  await tx
    .insertInto('route_constraint')
    .values({ project_id: constraint.projectId, ...values })
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(values))
    .execute()
}

/** False: there was none. */
export async function deleteConstraint(tx: Db, projectId: string): Promise<boolean> {
  const row = await tx
    .deleteFrom('route_constraint')
    .where('project_id', '=', projectId)
    .returning('project_id')
    .executeTakeFirst()
  return row !== undefined
}
