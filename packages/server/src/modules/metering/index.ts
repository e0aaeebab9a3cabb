/** Metering: the gateway's journal, usage events, cumulative rating, and everything that is read from usage. */
export type { UsageEvent, UsageLine, UsageTask } from './usage-event.ts'
export { listTraffic, type RecordedRequest } from './traffic-store.ts'
export { listBuyers } from './buyer-store.ts'
export { deleteOldDetails } from './detail-store.ts'
export { listPosted } from './store.ts'
export { postUsage, type PostedUsage, type PostUsageDeps, type TaskedUsage } from './service.ts'
export {
  listUsage,
  revenueBySku,
  spentIn,
  spentSince,
  usageOf,
  verifyBooks,
  type SkuRevenue,
  type UsageReport,
  type UsageReportRow,
  listUsedHours,
} from './report-service.ts'
export type { JournalRecord } from './journal-record.ts'
export {
  createJournal,
  JournalFailure,
  type Journal,
  type JournalOptions,
} from './journal-service.ts'
export {
  createShipper,
  type Shipper,
  type ShipperDeps,
  type ShipperLog,
} from './shipper-service.ts'
export type { SetAside } from './writer-posting-service.ts'
export type { ShipperReport, StopReason } from './shipper-report.ts'
