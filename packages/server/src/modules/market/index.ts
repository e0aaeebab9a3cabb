/** The market: decides on a snapshot who is placed, who gives way, who waits. */
export { plan } from './plan.ts'
export type { Decision, Holder, LeaseKind, Snapshot, SnapshotNode, Want } from './snapshot.ts'
export { GIVES_WAY_TO } from './victims.ts'
