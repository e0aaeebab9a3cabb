/** A balance: what is posted, what is held, and what may still be promised. Decides changes of holds; no I/O. */
import { picos, type Money } from '#kernel/money.ts'

export interface Balance {
  /** Sum of the account's entries. */
  readonly posted: Money
  /** Sum of its open holds. */
  readonly held: Money
  /** How far below zero it may go. */
  readonly creditLimit: Money
  /** The operator's own accounts are not limited. */
  readonly isLimited: boolean
}

/** What new work may promise: never negative for a limited balance, which the database enforces. */
export function available({ posted, held, creditLimit }: Balance): Money {
  return picos(posted - held + creditLimit)
}

export type HoldChange =
  | { readonly kind: 'held'; readonly by: Money }
  | { readonly kind: 'refused'; readonly available: Money }

/** Whether a hold may change by an amount; lowering is always possible. */
export function decideHoldChange(balance: Balance, by: Money): HoldChange {
  const room = available(balance)
  if (by > 0n && balance.isLimited && by > room) return { kind: 'refused', available: room }
  return { kind: 'held', by }
}
