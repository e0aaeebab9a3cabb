/** SQL that recomputes the ledger from its entries and compares. Reads only; run it in one snapshot. */
import { sql } from 'kysely'
import { money, type Money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'

export interface LedgerCounts {
  readonly transactions: number
  readonly entries: number
  /** Over every entry there is. */
  readonly sum: Money
}

export async function countEntries(db: Db): Promise<LedgerCounts> {
  const { rows } = await sql<{ transactions: string; entries: string; sum: string }>`
    SELECT (SELECT count(*) FROM ledger_transaction)::text AS transactions,
      count(*)::text AS entries, coalesce(sum(amount), 0) AS sum
    FROM ledger_entry`.execute(db)
  const [row] = rows
  return {
    transactions: Number(row?.transactions),
    entries: Number(row?.entries),
    sum: money(row?.sum ?? '0'),
  }
}

/** Transactions whose entries do not sum to zero, or that have none. */
export async function findUnbalancedTransactions(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT t.id FROM ledger_transaction t
    LEFT JOIN (
      SELECT transaction_id, sum(amount) AS total FROM ledger_entry GROUP BY transaction_id
    ) e ON e.transaction_id = t.id
    WHERE e.total IS DISTINCT FROM 0
    ORDER BY t.id LIMIT 10`.execute(db)
  return rows.map(({ id }) => id)
}

/** Accounts whose balance is not the sum of their entries. */
export async function findWrongPosted(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT a.id FROM ledger_account a
    LEFT JOIN balance b ON b.account_id = a.id
    LEFT JOIN (
      SELECT account_id, sum(amount) AS total FROM ledger_entry GROUP BY account_id
    ) e ON e.account_id = a.id
    WHERE b.posted IS DISTINCT FROM coalesce(e.total, 0)
    ORDER BY a.id LIMIT 10`.execute(db)
  return rows.map(({ id }) => id)
}

/** Accounts whose held amount is not the sum of their open holds. */
export async function findWrongHeld(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT b.account_id AS id FROM balance b
    LEFT JOIN (
      SELECT account_id, sum(amount) AS total FROM hold WHERE state = 'held' GROUP BY account_id
    ) h ON h.account_id = b.account_id
    WHERE b.held <> coalesce(h.total, 0)
    ORDER BY b.account_id LIMIT 10`.execute(db)
  return rows.map(({ id }) => id)
}

/** Limited accounts that promise more than they have. */
export async function findOverdrawn(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT account_id AS id FROM balance
    WHERE is_limited AND posted - held < -credit_limit
    ORDER BY account_id LIMIT 10`.execute(db)
  return rows.map(({ id }) => id)
}

export async function listBalances(
  db: Db,
): Promise<readonly { readonly account: string; readonly balance: Money }[]> {
  const rows = await db
    .selectFrom('balance')
    .select(['account_id', 'posted'])
    .orderBy('account_id')
    .execute()
  return rows.map(({ account_id, posted }) => ({ account: account_id, balance: money(posted) }))
}

/** What was given back for reclaims and lost GPUs, by the source of its transaction: what customers got. */
export async function listCompensations(
  db: Db,
): Promise<readonly { readonly id: string; readonly source: string; readonly amount: Money }[]> {
  const { rows } = await sql<{ id: string; source: string; amount: string }>`
    SELECT t.id, t.source, sum(e.amount) AS amount
    FROM ledger_transaction t
    JOIN ledger_entry e ON e.transaction_id = t.id
    JOIN ledger_account a ON a.id = e.account_id
    WHERE t.kind = 'compensation' AND a.kind = 'customer_prepaid'
    GROUP BY t.id, t.source`.execute(db)
  return rows.map(({ id, source, amount }) => ({ id, source, amount: money(amount) }))
}

/** What accounts of one kind were moved by in a half-open period, by account; the books' own sign. */
export async function sumEntries(
  db: Db,
  kind:
    | 'revenue'
    | 'credit_granted'
    | 'overrun_expense'
    | 'reclaim_compensation'
    | 'fault_compensation'
    | 'internal_recovery'
    | 'block_compensation'
    | 'sell_back_compensation',
  period: { readonly from: Date; readonly to: Date },
): Promise<readonly { readonly account: string; readonly sum: Money }[]> {
  const { rows } = await sql<{ account: string; sum: string }>`
    SELECT e.account_id AS account, sum(e.amount) AS sum
    FROM ledger_account a
    JOIN ledger_entry e ON e.account_id = a.id
    JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE a.kind = ${kind} AND t.at >= ${period.from} AND t.at < ${period.to}
    GROUP BY e.account_id ORDER BY e.account_id`.execute(db)
  return rows.map(({ account, sum }) => ({ account, sum: money(sum) }))
}
