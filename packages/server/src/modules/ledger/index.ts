/** The ledger: double entry, balances that never pass their limit, and holds. */
export type { Charge } from './posting.ts'
export type { HoldPurpose } from './hold-store.ts'
export {
  createHold,
  createHolds,
  getBalance,
  growHold,
  listOpenHolds,
  releaseHold,
  releaseHolds,
  releaseHoldsOf,
  setHold,
  setHolds,
  type BalanceView,
  type ChangeHoldOutcome,
  type CreateHoldOutcome,
  type OpenHold,
} from './hold-service.ts'
export {
  grantCredit,
  openCustomerAccount,
  postCharges,
  postCompensation,
  type OrganizationCharges,
  type PostDeps,
} from './posting-service.ts'
export { postTransfer } from './transfer-service.ts'
export {
  compensationsPosted,
  compensationTotal,
  creditGranted,
  internalTotals,
  judge,
  overrunTotal,
  revenueOf,
  revenuePosted,
  verifyLedger,
  type LedgerCheck,
  type LedgerFindings,
  type Period,
} from './verification-service.ts'
