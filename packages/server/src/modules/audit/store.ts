/** SQL of the audit log. Rows are only ever added; the database refuses anything else. */
import type { Db } from '#platform/db/database.ts'

export interface AuditRecord {
  readonly id: string
  readonly at: Date
  /** Id of the API key that acted, or `system`. */
  readonly actor: string
  readonly organizationId: string
  /** The endpoint's id, such as `lease.create`. */
  readonly action: string
  readonly target: string | null
  /** `done`, or the error code it was refused with. */
  readonly outcome: string
  readonly requestId: string
}

export async function recordAuditEvent(db: Db, record: AuditRecord): Promise<void> {
  await db
    .insertInto('audit_event')
    .values({
      id: record.id,
      at: record.at,
      actor: record.actor,
      organization_id: record.organizationId,
      action: record.action,
      target: record.target,
      outcome: record.outcome,
      request_id: record.requestId,
    })
    .execute()
}

/** Newest first, from before the cursor (an audit event id; ids are in time order). */
export async function listAuditEvents(
  db: Db,
  page: { readonly cursor: string | undefined; readonly limit: number },
): Promise<readonly AuditRecord[]> {
  let query = db.selectFrom('audit_event').selectAll().orderBy('id', 'desc').limit(page.limit)
  if (page.cursor !== undefined) query = query.where('id', '<', page.cursor)
  const rows = await query.execute()
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    actor: row.actor,
    organizationId: row.organization_id,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    requestId: row.request_id,
  }))
}
