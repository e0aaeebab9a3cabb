/** SQL of guardrails. */
import type { GuardrailCheck, GuardrailMode, GuardrailSide } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Guardrail } from './guardrail.ts'

function toGuardrail(row: Selectable<Schema['guardrail']>): Guardrail {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    name: row.name,
    position: row.position,
    side: row.side as GuardrailSide,
    mode: row.mode as GuardrailMode,
    toModel: row.to_model,
    check: row.looks_for as GuardrailCheck,
    createdAt: row.created_at,
  }
}

/** Sets a guardrail; one of the same name and project is replaced and keeps its id. */
export async function upsertGuardrail(tx: Db, guardrail: Guardrail): Promise<Guardrail> {
  const { id, organizationId, projectId, name, createdAt, check, toModel, ...rest } = guardrail
  const settings = { ...rest, to_model: toModel, looks_for: JSON.stringify(check) }
  const row = await tx
    .insertInto('guardrail')
    .values({
      ...{ id, organization_id: organizationId, project_id: projectId, name },
      ...{ created_at: createdAt, ...settings },
    })
    .onConflict((conflict) => conflict.constraint('guardrail_once').doUpdateSet(settings))
    .returningAll()
    .executeTakeFirstOrThrow()
  return toGuardrail(row)
}

/** False: the organization has none of this id. */
export async function removeGuardrail(
  tx: Db,
  { id, organizationId }: { readonly id: string; readonly organizationId: string },
): Promise<boolean> {
  const removed = await tx
    .deleteFrom('guardrail')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  return removed.numDeletedRows > 0n
}

/** Those of an organization, or of all, in the order in which they are asked. */
export async function selectGuardrails(
  db: Db,
  organizationId?: string,
): Promise<readonly Guardrail[]> {
  const all = db.selectFrom('guardrail').selectAll().orderBy('position').orderBy('id')
  const query =
    organizationId === undefined ? all : all.where('organization_id', '=', organizationId)
  return (await query.execute()).map(toGuardrail)
}

/** Whoever sets guardrails of this organization comes after this transaction. */
export async function lockGuardrails(tx: Db, organizationId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`guardrail/${organizationId}`}, 0))`.execute(
    tx,
  )
}
