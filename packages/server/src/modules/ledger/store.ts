/**
 * SQL of accounts, balances and transactions. Rows are locked in the order of their ids, customers before the
 * operator's own accounts, so that concurrent postings queue up and never deadlock.
 */
import { sql } from 'kysely'
import { money, renderMoney, type Money } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Account } from './account.ts'
import type { Balance } from './balance.ts'
import type { Leg } from './posting.ts'

export type TransactionKind = 'usage' | 'credit' | 'compensation' | 'transfer'

/** A transaction to be written; its legs sum to zero. */
export interface NewTransaction {
  readonly id: string
  readonly source: string
  readonly legs: readonly Leg[]
}

/** What a transaction does to one balance. */
export interface BalanceMove {
  readonly accountId: string
  readonly posted: Money
  readonly held: Money
}

/** Opens accounts that are not open yet. Only customers are limited. */
export async function openAccounts(db: Db, accounts: readonly Account[]): Promise<void> {
  const sorted = accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const ids = sorted.map(({ id }) => id)
  const kinds = sorted.map(({ kind }) => kind)
  const organizationIds = sorted.map(({ organizationId }) => organizationId)
  await sql`
    INSERT INTO ledger_account (id, kind, organization_id, currency)
    SELECT id, kind, organization_id, 'USD'
    FROM unnest(${arrayText(ids)}::text[], ${arrayText(kinds)}::text[], ${arrayText(organizationIds)}::text[])
      AS t (id, kind, organization_id)
    ON CONFLICT DO NOTHING`.execute(db)
  await sql`
    INSERT INTO balance (account_id, is_limited)
    SELECT id, kind = 'customer_prepaid' FROM unnest(${arrayText(ids)}::text[], ${arrayText(kinds)}::text[]) AS t (id, kind)
    ON CONFLICT DO NOTHING`.execute(db)
}

/** Which of these accounts are open. */
export async function findAccounts(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('ledger_account').select('id').where('id', 'in', ids).execute()
  return new Set(rows.map(({ id }) => id))
}

/** Balances by account, locked until the transaction ends; accounts that are not open are absent. */
export async function lockBalances(
  db: Db,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, Balance>> {
  const { rows } = await sql<BalanceRow>`
    SELECT account_id, posted, held, credit_limit, is_limited FROM balance
    WHERE account_id = ANY (${arrayText(accountIds)}::text[])
    ORDER BY account_id FOR UPDATE`.execute(db)
  return new Map(rows.map((row) => [row.account_id, toBalance(row)]))
}

export async function findBalance(db: Db, accountId: string): Promise<Balance | null> {
  const row = await db
    .selectFrom('balance')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return row === undefined ? null : toBalance(row)
}

/** Changes balances whose rows the caller has locked. */
export async function moveBalances(db: Db, moves: readonly BalanceMove[]): Promise<void> {
  await sql`
    UPDATE balance SET posted = balance.posted + t.posted, held = balance.held + t.held
    FROM unnest(
      ${arrayText(moves.map(({ accountId }) => accountId))}::text[],
      ${arrayText(moves.map(({ posted }) => renderMoney(posted)))}::numeric[],
      ${arrayText(moves.map(({ held }) => renderMoney(held)))}::numeric[]
    ) AS t (account_id, posted, held)
    WHERE balance.account_id = t.account_id`.execute(db)
}

/** Writes transactions with their entries: in one statement, or the database refuses them. */
export async function insertTransactions(
  db: Db,
  transactions: readonly NewTransaction[],
  { kind, now }: { readonly kind: TransactionKind; readonly now: Date },
): Promise<void> {
  const entries = transactions.flatMap(({ id, legs }) =>
    legs.map(({ account, amount }, leg) => ({ id, leg, accountId: account.id, amount })),
  )
  await sql`
    WITH inserted AS (
      INSERT INTO ledger_transaction (id, at, kind, source)
      SELECT id, ${now}::timestamptz, ${kind}, source
      FROM unnest(
        ${arrayText(transactions.map(({ id }) => id))}::text[],
        ${arrayText(transactions.map(({ source }) => source))}::text[]
      ) AS t (id, source)
    )
    INSERT INTO ledger_entry (transaction_id, leg, account_id, amount)
    SELECT * FROM unnest(
      ${arrayText(entries.map(({ id }) => id))}::text[],
      ${arrayText(entries.map(({ leg }) => leg))}::integer[],
      ${arrayText(entries.map(({ accountId }) => accountId))}::text[],
      ${arrayText(entries.map(({ amount }) => renderMoney(amount)))}::numeric[]
    )`.execute(db)
}

/** The transaction that was posted for this source; null when there is none. */
export async function findTransaction(db: Db, source: string): Promise<string | null> {
  const row = await db
    .selectFrom('ledger_transaction')
    .select('id')
    .where('source', '=', source)
    .executeTakeFirst()
  return row?.id ?? null
}

interface BalanceRow {
  readonly account_id: string
  readonly posted: string
  readonly held: string
  readonly credit_limit: string
  readonly is_limited: boolean
}

function toBalance(row: BalanceRow): Balance {
  return {
    posted: money(row.posted),
    held: money(row.held),
    creditLimit: money(row.credit_limit),
    isLimited: row.is_limited,
  }
}
