/** The ledger's accounts and how they are named. A balance is positive when the books owe it to the account's owner. */
import { assert } from '#kernel/assert.ts'

export type AccountKind =
  | 'customer_prepaid'
  | 'credit_granted'
  | 'revenue'
  | 'overrun_expense'
  | 'reclaim_compensation'
  | 'fault_compensation'
  | 'internal_cost'
  | 'internal_recovery'
  | 'block_compensation'
  | 'sell_back_compensation'

export interface Account {
  readonly id: string
  readonly kind: AccountKind
  /** Whose money it is; null for the operator's own accounts. */
  readonly organizationId: string | null
}

/** What an organization has paid in or been granted, and not yet used. */
export function customerAccount(organizationId: string): Account {
  return { id: `customer_prepaid:${organizationId}`, kind: 'customer_prepaid', organizationId }
}

/** What was earned with one SKU. */
export function revenueAccount(sku: string): Account {
  return { id: `revenue:${sku}`, kind: 'revenue', organizationId: null }
}

/** The other side of every credit. */
export const CREDIT_GRANTED: Account = {
  id: 'credit_granted',
  kind: 'credit_granted',
  organizationId: null,
}

/** What customers used beyond their balance; the operator bears it. */
export const OVERRUN_EXPENSE: Account = {
  id: 'overrun_expense',
  kind: 'overrun_expense',
  organizationId: null,
}

/** What customers were given back for reclaims; the operator bears it. */
export const RECLAIM_COMPENSATION: Account = {
  id: 'reclaim_compensation',
  kind: 'reclaim_compensation',
  organizationId: null,
}

/** What customers were given back because a GPU was lost; the operator bears it. */
export const FAULT_COMPENSATION: Account = {
  id: 'fault_compensation',
  kind: 'fault_compensation',
  organizationId: null,
}

/** What a team of the owner's was charged in the owner's own books. */
export function internalCostAccount(organizationId: string): Account {
  return { id: `internal_cost:${organizationId}`, kind: 'internal_cost', organizationId }
}

/** The other side of it, by pool and by what it was for. */
export function internalRecoveryAccount(pool: string, what: 'used' | 'kept'): Account {
  const id = `internal_recovery:${pool}.${what}`
  return { id, kind: 'internal_recovery', organizationId: null }
}

/** What customers were given back because room of a block was missing; the operator bears it. */
export const BLOCK_COMPENSATION: Account = {
  id: 'block_compensation',
  kind: 'block_compensation',
  organizationId: null,
}

/** What holders of blocks were given of what was paid for nodes that they sold back. */
export const SELL_BACK_COMPENSATION: Account = {
  id: 'sell_back_compensation',
  kind: 'sell_back_compensation',
  organizationId: null,
}

/** The SKU of a revenue account. */
export function skuOfRevenue(accountId: string): string {
  assert(accountId.startsWith('revenue:'), `not a revenue account: ${accountId}`)
  return accountId.slice('revenue:'.length)
}
