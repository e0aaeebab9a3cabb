/** The audit log over HTTP. */
import type { Routes } from '#platform/http/handler.ts'
import { listAuditEvents } from './store.ts'

export const auditRoutes: Pick<Routes, 'listAuditEvents'> = {
  listAuditEvents: async ({ db, query }) => {
    const records = await listAuditEvents(db, { cursor: query.cursor, limit: query.limit })
    return {
      items: records.map(({ organizationId, at, ...record }) => ({
        ...record,
        at: at.toISOString(),
        organization: organizationId,
      })),
      nextCursor: records.length === query.limit ? (records.at(-1)?.id ?? null) : null,
    }
  },
}
