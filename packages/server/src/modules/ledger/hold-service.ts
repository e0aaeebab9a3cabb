/** Holds: money set aside before work starts, so that no concurrency can promise the same money twice. */
import { assert, present } from '#kernel/assert.ts'
import { newId, type IdSource } from '#kernel/ids.ts'
import { picos, ZERO, type Money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import { customerAccount } from './account.ts'
import { available, decideHoldChange } from './balance.ts'
import {
  changeHold,
  changeHolds,
  closeHolds,
  findHoldAccounts,
  findOpenHolds,
  insertHold,
  insertHolds,
  listOpenHolds as selectOpenHolds,
  lockOpenHolds,
  type HoldPurpose,
  type NewHold,
} from './hold-store.ts'
import { findBalance, lockBalances, moveBalances } from './store.ts'

export type CreateHoldOutcome =
  | { readonly kind: 'held'; readonly holdId: string }
  | { readonly kind: 'refused'; readonly available: Money }

export type ChangeHoldOutcome =
  | { readonly kind: 'held' }
  | { readonly kind: 'refused'; readonly available: Money }

export interface OpenHold {
  readonly holdId: string
  readonly organizationId: string
  readonly reference: string
  /** What is left of it. */
  readonly amount: Money
}

export interface BalanceView {
  readonly posted: Money
  readonly held: Money
  readonly available: Money
}

/** Sets `amount` aside, or refuses with what is available. */
export async function createHold(
  tx: Db,
  request: {
    readonly organizationId: string
    readonly amount: Money
    readonly purpose: HoldPurpose
    /** The lease, or the gateway process, that the money is for. */
    readonly reference: string
    readonly now: Date
    readonly ids: IdSource
  },
): Promise<CreateHoldOutcome> {
  const { organizationId, amount, purpose, reference, now, ids } = request
  assert(amount >= 0n, 'a hold is not negative')
  const accountId = customerAccount(organizationId).id
  const id = newId('hold', ids)
  if (await insertHold(tx, { id, accountId, amount, purpose, reference, now }))
    return { kind: 'held', holdId: id }
  return { kind: 'refused', available: (await getBalance(tx, organizationId)).available }
}

export interface NewHoldRequest {
  readonly organizationId: string
  readonly amount: Money
  /** The lease that the money is for. */
  readonly reference: string
}

export type CreateHoldsOutcome =
  | { readonly kind: 'held'; readonly holdIds: readonly string[] }
  /** The first that the balance has not enough for. */
  | { readonly kind: 'refused'; readonly index: number; readonly available: Money }

/** Sets all of these aside, as if each were by itself in this order, or none. */
export async function createHolds(
  tx: Db,
  requests: readonly NewHoldRequest[],
  {
    purpose,
    now,
    ids,
  }: { readonly purpose: HoldPurpose; readonly now: Date; readonly ids: IdSource },
): Promise<CreateHoldsOutcome> {
  const accounts = requests.map(({ organizationId }) => customerAccount(organizationId).id)
  const balances = await lockBalances(tx, [...new Set(accounts)])
  const moved = new Map<string, Money>()
  const holds: NewHold[] = []
  for (const [index, { amount, reference }] of requests.entries()) {
    assert(amount >= 0n, 'a hold is not negative')
    const accountId = present(accounts[index], 'the account of a hold')
    const balance = balances.get(accountId)
    if (balance === undefined) return { kind: 'refused', index, available: ZERO }
    const before = moved.get(accountId) ?? ZERO
    const change = decideHoldChange({ ...balance, held: picos(balance.held + before) }, amount)
    if (change.kind === 'refused') return { ...change, index }
    moved.set(accountId, picos(before + amount))
    holds.push({ id: newId('hold', ids), accountId, amount, purpose, reference, now })
  }
  await insertHolds(tx, holds)
  const moves = [...moved].map(([accountId, held]) => ({ accountId, posted: ZERO, held }))
  await moveBalances(tx, moves)
  return { kind: 'held', holdIds: holds.map(({ id }) => id) }
}

/** Makes what is left of a hold exactly `amount`, or refuses. A released hold is refused as well. */
export async function setHold(
  tx: Db,
  { holdId, amount }: { readonly holdId: string; readonly amount: Money },
): Promise<ChangeHoldOutcome> {
  assert(amount >= 0n, 'a hold is not negative')
  return resizeHold(tx, holdId, (left) => picos(amount - left))
}

/** Adds `by` to what is left of a hold, whatever was settled from it meanwhile, or refuses. */
export async function growHold(
  tx: Db,
  { holdId, by }: { readonly holdId: string; readonly by: Money },
): Promise<ChangeHoldOutcome> {
  assert(by >= 0n, 'a hold grows by a positive amount')
  return resizeHold(tx, holdId, () => by)
}

async function resizeHold(
  tx: Db,
  holdId: string,
  changeOf: (left: Money) => Money,
): Promise<ChangeHoldOutcome> {
  const [account] = await findHoldAccounts(tx, [holdId])
  const accountId = present(account, `the hold ${holdId}`)
  const balance = present((await lockBalances(tx, [accountId])).get(accountId), 'a balance')
  const [hold] = await lockOpenHolds(tx, [holdId])
  if (hold === undefined) return { kind: 'refused', available: available(balance) }
  const change = decideHoldChange(balance, changeOf(hold.amount))
  if (change.kind === 'refused') return change
  await changeHold(tx, holdId, change.by)
  await moveBalances(tx, [{ accountId, posted: ZERO, held: change.by }])
  return { kind: 'held' }
}

/**
 * Makes what is left of each of these holds exactly its amount, or changes none: false when one cannot be filled or is
 * released. In the order given, as if each were set by itself.
 */
export async function setHolds(
  tx: Db,
  wanted: readonly { readonly holdId: string; readonly amount: Money }[],
): Promise<boolean> {
  const holdIds = wanted.map(({ holdId }) => holdId)
  const balances = await lockBalances(tx, await findHoldAccounts(tx, holdIds))
  const holds = new Map((await lockOpenHolds(tx, holdIds)).map((hold) => [hold.id, hold]))
  const moved = new Map<string, Money>()
  const changes: { readonly holdId: string; readonly by: Money }[] = []
  for (const { holdId, amount } of wanted) {
    assert(amount >= 0n, 'a hold is not negative')
    const hold = holds.get(holdId)
    if (hold === undefined) return false
    const balance = present(balances.get(hold.accountId), 'a balance')
    const before = moved.get(hold.accountId) ?? ZERO
    const held = picos(balance.held + before)
    const change = decideHoldChange({ ...balance, held }, picos(amount - hold.amount))
    if (change.kind === 'refused') return false
    moved.set(hold.accountId, picos(before + change.by))
    changes.push({ holdId, by: change.by })
  }
  await changeHolds(tx, changes)
  const moves = [...moved].map(([accountId, held]) => ({ accountId, posted: ZERO, held }))
  await moveBalances(tx, moves)
  return true
}

/** Gives back what is left of a hold. A repetition does nothing. */
export async function releaseHold(tx: Db, holdId: string): Promise<void> {
  await releaseHolds(tx, [holdId])
}

/** Gives back what is left of several holds; returns how many of them were open. */
export async function releaseHolds(tx: Db, holdIds: readonly string[]): Promise<number> {
  const accountIds = await findHoldAccounts(tx, holdIds)
  if (accountIds.length === 0) return 0
  await lockBalances(tx, accountIds)
  return closeLocked(tx, holdIds)
}

/** Gives back every open hold of a lease or gateway process that is gone; returns how many there were. */
export async function releaseHoldsOf(
  tx: Db,
  { purpose, reference }: { readonly purpose: HoldPurpose; readonly reference: string },
): Promise<number> {
  const holds = await findOpenHolds(tx, purpose, reference)
  if (holds.length === 0) return 0
  await lockBalances(tx, [...new Set(holds.map(({ accountId }) => accountId))])
  return closeLocked(
    tx,
    holds.map(({ id }) => id),
  )
}

/** The balances are locked; the holds are read again under their own locks. */
async function closeLocked(tx: Db, holdIds: readonly string[]): Promise<number> {
  const open = await lockOpenHolds(tx, holdIds)
  if (open.length === 0) return 0
  const returned = new Map<string, Money>()
  for (const { accountId, amount } of open)
    returned.set(accountId, picos((returned.get(accountId) ?? 0n) + amount))
  await closeHolds(
    tx,
    open.map(({ id }) => id),
  )
  const moves = [...returned].map(([accountId, amount]) => ({
    accountId,
    posted: ZERO,
    held: picos(-amount),
  }))
  await moveBalances(tx, moves)
  return open.length
}

/** The balance of an organization; zero when it has no account yet. */
export async function getBalance(db: Db, organizationId: string): Promise<BalanceView> {
  const balance = await findBalance(db, customerAccount(organizationId).id)
  if (balance === null) return { posted: ZERO, held: ZERO, available: ZERO }
  return { posted: balance.posted, held: balance.held, available: available(balance) }
}

export async function listOpenHolds(
  db: Db,
  purpose: HoldPurpose,
  references?: readonly string[],
): Promise<readonly OpenHold[]> {
  const holds = await selectOpenHolds(db, purpose, references)
  return holds.map(({ id, organizationId, reference, amount }) => ({
    holdId: id,
    organizationId,
    reference,
    amount,
  }))
}
