/** The append-only record of who did what. */
export { listAuditEvents, recordAuditEvent, type AuditRecord } from './store.ts'
export { auditRoutes } from './routes.ts'
