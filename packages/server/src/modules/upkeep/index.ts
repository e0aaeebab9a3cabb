/** Upkeep: keeps the book, the engines and the nodes in line with each other. */
export { CHECK_PROGRAM, stepCheck, wakeCheck } from './check-steps.ts'
export { createFollowing, FOLLOW_PROGRAM, wakeFollow } from './follow-steps.ts'
export { projectHolds } from './holds-service.ts'
export { nodeRoutes } from './node-routes.ts'
export type { DeclaredPools } from './engine-side-service.ts'
export { reconciliationRoutes } from './routes.ts'
export { createReconciliation, RECONCILIATION_PROGRAM, wakeReconciliation } from './steps.ts'
export { reconciliationLines } from './metrics-service.ts'
