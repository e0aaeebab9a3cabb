/** The capacity book: every claim on a slot is a line in it. */
export { bookRoutes } from './routes.ts'
export { accountPool } from './service.ts'
export {
  type BookedKind,
  type Claim,
  closeClaims,
  closeClaimsById,
  drainClaims,
  type Hold,
  listOpenClaims,
  openClaims,
  openHolds,
} from './store.ts'
