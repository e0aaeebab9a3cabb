/** Quotas: the most GPUs that an organization may hold at once, and who asked for more. */
export { decideRequest, deleteQuota, requestQuota, setQuota } from './change-service.ts'
export { type Standing as QuotaStanding, tightest } from './quota.ts'
export { quotaRoutes } from './routes.ts'
export { findExcess, type QuotaWish, readStandings, requireQuota } from './service.ts'
export { listInForce, listSet } from './view-service.ts'
