/** The append-only record of who did what. */
export { recordAuditEvent } from './store.ts'
export { auditRoutes } from './routes.ts'
