/** Posts what the owner's teams owe the owner's own books. No customer's money moves, and nothing is limited. */
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Money, picos } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import { type Account, internalCostAccount, internalRecoveryAccount } from './account.ts'
import type { Leg } from './posting.ts'
import {
  findTransaction,
  insertTransactions,
  lockBalances,
  moveBalances,
  openAccounts,
} from './store.ts'

/** What a team owes for a pool; less than nothing where too much was posted before. */
export interface TransferCharge {
  readonly organizationId: string
  readonly kind: 'used' | 'kept'
  readonly amount: Money
}

interface Transfer {
  readonly pool: string
  readonly lines: readonly TransferCharge[]
  /** Posted once, and a repetition does nothing. */
  readonly source: string
  readonly now: Date
  readonly ids: IdSource
}

function legsOf({ pool, lines }: Transfer): readonly Leg[] {
  const sums = new Map<string, { account: Account; amount: bigint }>()
  const move = (account: Account, by: bigint) => {
    const before = sums.get(account.id)?.amount ?? 0n
    sums.set(account.id, { account, amount: before + by })
  }
  for (const { organizationId, kind, amount } of lines) {
    move(internalCostAccount(organizationId), -amount)
    move(internalRecoveryAccount(pool, kind), amount)
  }
  return [...sums.values()]
    .filter(({ amount }) => amount !== 0n)
    .map(({ account, amount }) => ({ account, amount: picos(amount) }))
}

/** The id of the transaction that posted it, now or before. */
export async function postTransfer(tx: Db, transfer: Transfer): Promise<string> {
  const { source, now, ids } = transfer
  const legs = legsOf(transfer)
  const accounts = legs.map(({ account }) => account)
  await openAccounts(tx, accounts)
  await lockBalances(
    tx,
    accounts.map(({ id }) => id),
  )
  // Under the locks, so that of two at once the second sees the first.
  const posted = await findTransaction(tx, source)
  if (posted !== null) return posted
  const id = newId('ledgerTransaction', ids)
  await insertTransactions(tx, [{ id, source, legs }], { kind: 'transfer', now })
  const none = picos(0n)
  await moveBalances(
    tx,
    legs.map(({ account, amount }) => ({ accountId: account.id, posted: amount, held: none })),
  )
  return id
}
