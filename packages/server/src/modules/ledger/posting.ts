/**
 * Decides ledger transactions: which accounts a set of charges or a credit moves, by how much. No I/O.
 *
 * A charge is revenue in full. It is paid from the customer's balance: first from the hold it names, then from what is
 * free. A limited balance pays no more than it has; the rest is the operator's overrun, never a failed posting and
 * never a balance below its limit.
 */
import { assert } from '#kernel/assert.ts'
import { least, picos, ZERO, type Money } from '#kernel/money.ts'
import {
  CREDIT_GRANTED,
  customerAccount,
  OVERRUN_EXPENSE,
  revenueAccount,
  type Account,
} from './account.ts'
import { available, type Balance } from './balance.ts'

/** One rated thing that an organization owes. */
export interface Charge {
  readonly sku: string
  readonly amount: Money
  /** The hold that pays first; one that is not open pays nothing. */
  readonly holdId: string | null
}

export interface Leg {
  readonly account: Account
  readonly amount: Money
}

export interface Settlement {
  readonly holdId: string
  readonly amount: Money
}

export interface Posting {
  /** Sums to zero; empty when nothing was charged. */
  readonly legs: readonly Leg[]
  /** What each hold paid. */
  readonly settlements: readonly Settlement[]
  readonly charged: Money
  /** The part of it that the operator bears. */
  readonly overrun: Money
}

export interface PostingBasis {
  readonly organizationId: string
  readonly balance: Balance
  /** What is left of the organization's open holds, by id. */
  readonly holds: ReadonlyMap<string, Money>
}

/** The transaction for what one organization used. */
export function decidePosting(basis: PostingBasis, charges: readonly Charge[]): Posting {
  const revenue = sumBy(charges, ({ sku }) => sku)
  const charged = picos([...revenue.values()].reduce((sum, amount) => sum + amount, 0n))
  const settlements = settle(basis.holds, charges)
  const settled = settlements.reduce((sum, { amount }) => sum + amount, 0n)
  const payable = picos(available(basis.balance) + settled)
  assert(!basis.balance.isLimited || payable >= settled, 'a limited balance covers its holds')
  const paid = basis.balance.isLimited ? least(charged, payable) : charged
  const overrun = picos(charged - paid)
  const legs = [
    { account: customerAccount(basis.organizationId), amount: picos(-paid) },
    { account: OVERRUN_EXPENSE, amount: picos(-overrun) },
    ...[...revenue].map(([sku, amount]) => ({ account: revenueAccount(sku), amount })),
  ].filter(({ amount }) => amount !== 0n)
  return { legs, settlements, charged, overrun }
}

/** The transaction for credit given to an organization, at the expense of one of the operator's own accounts. */
export function decideCredit(
  organizationId: string,
  amount: Money,
  from: Account = CREDIT_GRANTED,
): readonly Leg[] {
  assert(amount > 0n, 'a credit is more than nothing')
  return [
    { account: customerAccount(organizationId), amount },
    { account: from, amount: picos(-amount) },
  ]
}

/** Each hold pays its own charges as far as it goes. */
function settle(
  holds: ReadonlyMap<string, Money>,
  charges: readonly Charge[],
): readonly Settlement[] {
  const wanted = sumBy(charges, ({ holdId }) => holdId)
  return [...wanted].flatMap(([holdId, amount]) => {
    if (holdId === null) return []
    const paid = least(amount, holds.get(holdId) ?? ZERO)
    return paid === 0n ? [] : [{ holdId, amount: paid }]
  })
}

function sumBy<Key>(
  charges: readonly Charge[],
  keyOf: (charge: Charge) => Key,
): ReadonlyMap<Key, Money> {
  const sums = new Map<Key, Money>()
  for (const charge of charges) {
    assert(charge.amount >= 0n, 'a charge is not negative')
    const key = keyOf(charge)
    sums.set(key, picos((sums.get(key) ?? 0n) + charge.amount))
  }
  return sums
}
