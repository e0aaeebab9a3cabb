/** Leases: who holds which slots, until when, at what price; and how they are taken back. */
export { runCycle } from './cycle.ts'
export type { Lease } from './lease.ts'
export { type Reconciliation, reconcile } from './reconcile.ts'
export { LEASE_PROGRAM, MARKET_PROGRAM, wakeLease } from './record.ts'
export { leaseRoutes } from './routes.ts'
export { createLease, type LeaseRequest, stopLease } from './service.ts'
export { type LeaseStepDeps, stepLease } from './steps.ts'
export { findLease, listLeaseNames, listLeases, listOpenLeases } from './store.ts'
