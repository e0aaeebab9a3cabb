/** Posts charges and credits: lock balances and holds, decide, write transactions, move balances. */
import { present } from '#kernel/assert.ts'
import { newId, type IdSource } from '#kernel/ids.ts'
import { picos, ZERO, type Money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import {
  BLOCK_COMPENSATION,
  CREDIT_GRANTED,
  customerAccount,
  FAULT_COMPENSATION,
  OVERRUN_EXPENSE,
  RECLAIM_COMPENSATION,
  revenueAccount,
  SELL_BACK_COMPENSATION,
  type Account,
} from './account.ts'
import type { Balance } from './balance.ts'
import { lockOpenHolds, settleHolds } from './hold-store.ts'
import { decideCredit, decidePosting, type Charge, type Leg, type Posting } from './posting.ts'
import {
  findAccounts,
  findTransaction,
  insertTransactions,
  lockBalances,
  moveBalances,
  openAccounts,
  type BalanceMove,
} from './store.ts'

/** What one organization owes for one batch; becomes one ledger transaction. */
export interface OrganizationCharges {
  readonly organizationId: string
  /** What caused it; posting the same source twice is refused by the database. */
  readonly source: string
  readonly charges: readonly Charge[]
}

export interface PostDeps {
  readonly now: Date
  readonly ids: IdSource
}

/** Opens a customer's prepaid account with a balance of zero, unless it is open. */
export async function openCustomerAccount(tx: Db, organizationId: string): Promise<void> {
  await openAccounts(tx, [customerAccount(organizationId)])
}

interface Credit extends PostDeps {
  readonly organizationId: string
  readonly amount: Money
  /** What it is for: posted once, and a repetition does nothing. */
  readonly source: string
}

/** Gives credit once per `source`; a repetition does nothing. */
export async function grantCredit(tx: Db, credit: Credit): Promise<void> {
  await postCredit(tx, credit, { kind: 'credit', account: CREDIT_GRANTED })
}

/** What a customer is given back for. */
export type CompensationCause = 'reclaim' | 'fault' | 'block' | 'sell_back'

const COMPENSATIONS: Readonly<Record<CompensationCause, Account>> = {
  reclaim: RECLAIM_COMPENSATION,
  fault: FAULT_COMPENSATION,
  block: BLOCK_COMPENSATION,
  sell_back: SELL_BACK_COMPENSATION,
}

/**
 * Gives a customer back what a reclaim, a lost GPU, or missing room of a block owes it, once per `source`, and returns the
 * id of the transaction that did, now or before.
 */
export function postCompensation(
  tx: Db,
  { cause, ...credit }: Credit & { readonly cause: CompensationCause },
): Promise<string> {
  return postCredit(tx, credit, { kind: 'compensation', account: COMPENSATIONS[cause] })
}

async function postCredit(
  tx: Db,
  { organizationId, amount, source, now, ids }: Credit,
  { kind, account }: { readonly kind: 'credit' | 'compensation'; readonly account: Account },
): Promise<string> {
  const customer = customerAccount(organizationId)
  const legs = decideCredit(organizationId, amount, account)
  await openAccounts(tx, [customer, account])
  await lockBalances(tx, [customer.id])
  await lockBalances(tx, [account.id])
  // Under the locks, so that of two at once the second sees the first.
  const posted = await findTransaction(tx, source)
  if (posted !== null) return posted
  const transaction = { id: newId('ledgerTransaction', ids), source, legs }
  await insertTransactions(tx, [transaction], { kind, now })
  await moveBalances(tx, movesOf(legs, new Map()))
  return transaction.id
}

/**
 * Posts charges, one transaction per organization, and settles the holds they name. Returns what was charged in all.
 * Never refused for lack of money: what a balance cannot pay is the operator's overrun.
 */
export async function postCharges(
  tx: Db,
  list: readonly OrganizationCharges[],
  { now, ids }: PostDeps,
): Promise<Money> {
  const owing = list.filter(({ charges }) => charges.some(({ amount }) => amount > 0n))
  if (owing.length === 0) return ZERO
  await openSharedAccounts(tx, owing)
  const balances = await lockCustomers(tx, owing)
  const holds = await lockHolds(tx, owing)
  const postings = owing.map(({ organizationId, charges }) => {
    const { id } = customerAccount(organizationId)
    const balance = present(balances.get(id), 'the balance of a customer')
    return decidePosting({ organizationId, balance, holds: holds.get(id) ?? new Map() }, charges)
  })
  const settlements = postings.flatMap((posting) => posting.settlements)
  if (settlements.length > 0) await settleHolds(tx, settlements)
  const transactions = owing.map(({ source }, index) => ({
    id: newId('ledgerTransaction', ids),
    source,
    legs: present(postings[index], 'a posting').legs,
  }))
  await insertTransactions(tx, transactions, { kind: 'usage', now })
  await applyPostings(tx, owing, postings)
  return picos(postings.reduce((sum, { charged }) => sum + charged, 0n))
}

/** Shared accounts come last: everybody's postings meet there, so they are locked for as short as possible. */
async function applyPostings(
  tx: Db,
  owing: readonly OrganizationCharges[],
  postings: readonly Posting[],
): Promise<void> {
  const settled = new Map(
    owing.map(({ organizationId }, index) => {
      const paid = postings[index]?.settlements.reduce((sum, { amount }) => sum + amount, 0n) ?? 0n
      return [customerAccount(organizationId).id, picos(paid)]
    }),
  )
  const legs = postings.flatMap((posting) => posting.legs)
  const shared = new Set(legs.filter(({ account }) => !isCustomer(account)).map(idOf))
  await lockBalances(tx, [...shared])
  await moveBalances(tx, movesOf(legs, settled))
}

function movesOf(
  legs: readonly Leg[],
  settled: ReadonlyMap<string, Money>,
): readonly BalanceMove[] {
  const posted = new Map<string, Money>([...settled.keys()].map((id) => [id, ZERO]))
  for (const { account, amount } of legs)
    posted.set(account.id, picos((posted.get(account.id) ?? 0n) + amount))
  return [...posted].map(([accountId, amount]) => ({
    accountId,
    posted: amount,
    held: picos(-(settled.get(accountId) ?? 0n)),
  }))
}

async function openSharedAccounts(tx: Db, owing: readonly OrganizationCharges[]): Promise<void> {
  const skus = new Set(owing.flatMap(({ charges }) => charges.map(({ sku }) => sku)))
  const shared = [OVERRUN_EXPENSE, ...[...skus].map(revenueAccount)]
  const open = await findAccounts(
    tx,
    shared.map(({ id }) => id),
  )
  const missing = shared.filter(({ id }) => !open.has(id))
  if (missing.length > 0) await openAccounts(tx, missing)
}

async function lockCustomers(
  tx: Db,
  owing: readonly OrganizationCharges[],
): Promise<ReadonlyMap<string, Balance>> {
  const customers = owing.map(({ organizationId }) => customerAccount(organizationId))
  const ids = customers.map(({ id }) => id)
  const balances = await lockBalances(tx, ids)
  if (balances.size === customers.length) return balances
  await openAccounts(
    tx,
    customers.filter(({ id }) => !balances.has(id)),
  )
  return lockBalances(tx, ids)
}

/** What is left of the holds that charges name, by account: a hold pays only for its own account. */
async function lockHolds(
  tx: Db,
  owing: readonly OrganizationCharges[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Money>>> {
  const named = new Set(owing.flatMap(({ charges }) => charges.map(({ holdId }) => holdId)))
  named.delete(null)
  const byAccount = new Map<string, Map<string, Money>>()
  if (named.size === 0) return byAccount
  for (const { id, accountId, amount } of await lockOpenHolds(tx, [...named] as string[])) {
    const holds = byAccount.get(accountId) ?? new Map<string, Money>()
    byAccount.set(accountId, holds.set(id, amount))
  }
  return byAccount
}

function isCustomer(account: Account): boolean {
  return account.kind === 'customer_prepaid'
}

function idOf({ account }: Leg): string {
  return account.id
}
