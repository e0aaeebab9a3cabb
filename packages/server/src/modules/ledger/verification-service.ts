/** Recomputes the ledger and says, check by check, whether it holds; and sums the operator's own accounts. */
import { picos, renderMoney, ZERO, type Money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import { internalRecoveryAccount, skuOfRevenue } from './account.ts'
import type { CompensationCause } from './posting-service.ts'
import {
  countEntries,
  findOverdrawn,
  findUnbalancedTransactions,
  findWrongHeld,
  findWrongPosted,
  listBalances,
  listCompensations,
  sumEntries,
  type LedgerCounts,
} from './verification-store.ts'

export interface LedgerCheck {
  readonly name: string
  readonly isHeld: boolean
  /** What was found, as a sentence. */
  readonly text: string
}

export interface LedgerFindings extends LedgerCounts {
  readonly checks: readonly LedgerCheck[]
  readonly accounts: readonly { readonly account: string; readonly balance: Money }[]
}

export interface Period {
  readonly from: Date
  /** Not included. */
  readonly to: Date
}

/** Recomputes everything. Give it a repeatable-read transaction, or concurrent postings look like differences. */
export async function verifyLedger(db: Db): Promise<LedgerFindings> {
  const counts = await countEntries(db)
  const checks = [
    judgeSum(counts),
    judge('transactions_sum_to_zero', await findUnbalancedTransactions(db), {
      held: 'Every transaction has entries, and they sum to zero.',
      broken: 'Transactions without entries or with a sum other than zero',
    }),
    judge('balances_equal_entries', await findWrongPosted(db), {
      held: 'Every balance is the sum of its account’s entries.',
      broken: 'Accounts whose balance is not the sum of their entries',
    }),
    judge('held_equals_open_holds', await findWrongHeld(db), {
      held: 'What every balance holds is the sum of its open holds.',
      broken: 'Accounts that hold another amount than their open holds',
    }),
    judge('balances_within_limit', await findOverdrawn(db), {
      held: 'No limited balance is below its limit.',
      broken: 'Limited accounts below their limit',
    }),
  ]
  return { ...counts, checks, accounts: await listBalances(db) }
}

/** A check that holds when nothing contradicts it; names the first that do. */
export function judge(
  name: string,
  found: readonly string[],
  texts: { readonly held: string; readonly broken: string },
): LedgerCheck {
  if (found.length === 0) return { name, isHeld: true, text: texts.held }
  return { name, isHeld: false, text: `${texts.broken}, the first ones: ${found.join(', ')}.` }
}

function judgeSum({ sum, entries }: LedgerCounts): LedgerCheck {
  const text =
    sum === 0n
      ? `All ${entries} entries sum to zero.`
      : `All ${entries} entries sum to ${renderMoney(sum)} instead of zero.`
  return { name: 'entries_sum_to_zero', isHeld: sum === 0n, text }
}

/** Credit granted to customers in a period. */
export async function creditGranted(db: Db, period: Period): Promise<Money> {
  return picos(-total(await sumEntries(db, 'credit_granted', period)))
}

/** What customers used beyond their balance in a period, and the operator bears. */
export async function overrunTotal(db: Db, period: Period): Promise<Money> {
  return picos(-total(await sumEntries(db, 'overrun_expense', period)))
}

/** What customers were given back for one cause in a period. */
export async function compensationTotal(
  db: Db,
  cause: CompensationCause,
  period: Period,
): Promise<Money> {
  return picos(-total(await sumEntries(db, `${cause}_compensation`, period)))
}

/** Every compensation there is, by the source that it was posted for, to check against their records. */
export async function compensationsPosted(
  db: Db,
): Promise<ReadonlyMap<string, { readonly id: string; readonly amount: Money }>> {
  const posted = await listCompensations(db)
  return new Map(posted.map(({ source, id, amount }) => [source, { id, amount }]))
}

/** What the owner's teams were charged for a pool in a period: for what they used, and for what was kept and idle. */
export async function internalTotals(
  db: Db,
  period: Period,
): Promise<(pool: string) => { readonly used: Money; readonly kept: Money }> {
  const sums = await sumEntries(db, 'internal_recovery', period)
  const by = new Map(sums.map(({ account, sum }) => [account, sum]))
  return (pool) => ({
    used: by.get(internalRecoveryAccount(pool, 'used').id) ?? ZERO,
    kept: by.get(internalRecoveryAccount(pool, 'kept').id) ?? ZERO,
  })
}

/** Revenue posted in a period, by SKU. */
export async function revenuePosted(db: Db, period: Period): Promise<ReadonlyMap<string, Money>> {
  const sums = await sumEntries(db, 'revenue', period)
  return new Map(sums.map(({ account, sum }) => [skuOfRevenue(account), sum]))
}

/** All revenue there ever was, by SKU, from the balances. */
export function revenueOf(findings: LedgerFindings): ReadonlyMap<string, Money> {
  const accounts = findings.accounts.filter(({ account }) => account.startsWith('revenue:'))
  return new Map(accounts.map(({ account, balance }) => [skuOfRevenue(account), balance]))
}

function total(sums: readonly { readonly sum: Money }[]): Money {
  return picos(sums.reduce((all, { sum }) => all + sum, ZERO as bigint))
}
