/** The capacity book: every claim on a slot is a line in it. */
export {
  type BlockClaim,
  closeIdleClaims,
  leaveBlockClaims,
  listBlockClaims,
  listSoldOn,
  openBlockClaims,
  returnToBlock,
  sumBlockTime,
  takeFromBlock,
} from './block-claim-store.ts'
export {
  type Booking,
  closeBooking,
  countFirm,
  findBooking,
  insertBooking,
  lendNodes,
  listBookings,
  lockBooking,
  lockBookings,
  shareBookings,
} from './booking-store.ts'
export { bookRoutes } from './routes.ts'
export { type Held, listHeld } from './held-store.ts'
export { accountPool, listAnchorTime } from './service.ts'
export {
  type BookedKind,
  type Claim,
  closeClaims,
  closeClaimsById,
  type DatedClaim,
  countTaken,
  drainClaims,
  type Hold,
  listAnchorClaimsEndedSince,
  listLeasedNodeIds,
  listOpenClaims,
  listUnleasedClaims,
  openClaims,
  openDatedClaims,
  openHolds,
  openLeaseClaims,
} from './store.ts'
