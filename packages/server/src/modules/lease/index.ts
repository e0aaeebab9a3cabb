/** Leases: who holds which slots, until when, at what price; and how they are taken back. */
export { Beat } from './beat.ts'
export { listOpenIdsOfBlock } from './block-lease-store.ts'
export { announceBlockEnd, endWaitingOfBlock, leaveAtBlockEnd } from './block-end-service.ts'
export { listBooked, staysMs } from './booked-check-service.ts'
export { runCycle } from './cycle.ts'
export { type DoorRequest, type DoorSource, findServiceAddress } from './door-service.ts'
export { discardOldFiles } from './files-service.ts'
export { createHealthKeeper, HEALTH_PROGRAM } from './health-service.ts'
export { MeterRounds } from './meter-round-service.ts'
export { type AgreedPrice, type Lease, renderPlacements, type SlotsOfNode } from './lease.ts'
export { adoptRuns, endRun, type FoundRun, replaceSlots } from './adopt-service.ts'
export { evacuateNode } from './evacuate-service.ts'
export { tellFaults } from './fault-service.ts'
export {
  BLOCK_PROGRAM,
  LEASE_PROGRAM,
  MARKET_PROGRAM,
  recordFact,
  wakeLease,
  wakeMarket,
} from './record.ts'
export { resumeLeases } from './resume.ts'
export { type AskBlock, leaseRoutes } from './routes.ts'
export { openPools } from './isolation-service.ts'
export { hideWork } from './hidden-service.ts'
export { holdNeeded } from './funding-service.ts'
export { fitGang } from './gang.ts'
export { Outdated, placeLeases } from './placing-service.ts'
export { endsByMs, yieldsFromMs } from './ends.ts'
export { isQuickToReckon, readStarts, renderStart } from './start-service.ts'
export {
  createLease,
  createLeases,
  type LeaseRequest,
  planLease,
  RefusedLease,
  stopLease,
} from './service.ts'
export { readSaleBounds } from './snapshot-service.ts'
export { listEndedPromises, listRunningAnchors } from './sold-store.ts'
export type { LeaseStepDeps } from './step-deps.ts'
export { stepLease } from './steps.ts'
export {
  findLease,
  findLeases,
  listFacts,
  listLeaseNames,
  listLeases,
  listOpenLeases,
  listPendingLeases,
  lockLease,
} from './store.ts'
export { creditFor, termsFor, withGuarantee } from './terms.ts'
export { verifyCredits } from './reclaim-verification-service.ts'
export { reclaimRoutes } from './reclaim-routes.ts'
export { registryRoutes } from './registry-routes.ts'
