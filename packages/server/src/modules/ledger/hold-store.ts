/** SQL of holds. A hold's row is locked after its balance, never before. */
import { sql } from 'kysely'
import { money, renderMoney, type Money } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Settlement } from './posting.ts'

export type HoldPurpose = 'lease' | 'gateway' | 'order' | 'block'

export interface NewHold {
  readonly id: string
  readonly accountId: string
  readonly amount: Money
  readonly purpose: HoldPurpose
  readonly reference: string
  readonly now: Date
}

export interface Hold {
  readonly id: string
  readonly accountId: string
  /** What is left of it. */
  readonly amount: Money
}

/**
 * Sets money aside when the balance has it. One statement decides and writes: whoever comes second sees what the first
 * has left, however many come at once.
 */
export async function insertHold(db: Db, hold: NewHold): Promise<boolean> {
  const amount = renderMoney(hold.amount)
  const { rows } = await sql`
    WITH reserved AS (
      UPDATE balance SET held = held + ${amount}::numeric
      WHERE account_id = ${hold.accountId}
        AND (NOT is_limited OR posted - held - ${amount}::numeric >= -credit_limit)
      RETURNING account_id
    )
    INSERT INTO hold (id, account_id, amount, purpose, reference, state, created_at)
    SELECT ${hold.id}, account_id, ${amount}::numeric, ${hold.purpose}, ${hold.reference}, 'held',
      ${hold.now}::timestamptz
    FROM reserved
    RETURNING id`.execute(db)
  return rows.length === 1
}

/** Writes holds whose balances the caller has locked, and moves. */
export async function insertHolds(db: Db, holds: readonly NewHold[]): Promise<void> {
  const texts = (of: (hold: NewHold) => string) => arrayText(holds.map(of))
  await sql`
    INSERT INTO hold (id, account_id, amount, purpose, reference, state, created_at)
    SELECT id, account_id, amount, purpose, reference, 'held', created_at
    FROM unnest(
      ${texts(({ id }) => id)}::text[], ${texts(({ accountId }) => accountId)}::text[],
      ${texts(({ amount }) => renderMoney(amount))}::numeric[],
      ${texts(({ purpose }) => purpose)}::text[], ${texts(({ reference }) => reference)}::text[],
      ${texts(({ now }) => now.toISOString())}::timestamptz[]
    ) AS t (id, account_id, amount, purpose, reference, created_at)`.execute(db)
}

/** The accounts of holds, without a lock; a hold never changes its account. */
export async function findHoldAccounts(db: Db, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly account_id: string }>`
    SELECT DISTINCT account_id FROM hold WHERE id = ANY (${arrayText(ids)}::text[])`.execute(db)
  return rows.map(({ account_id }) => account_id)
}

/** Those of these holds that are open, locked until the transaction ends. */
export async function lockOpenHolds(db: Db, ids: readonly string[]): Promise<readonly Hold[]> {
  const { rows } = await sql<HoldRow>`
    SELECT id, account_id, amount FROM hold
    WHERE id = ANY (${arrayText(ids)}::text[]) AND state = 'held'
    ORDER BY id FOR UPDATE`.execute(db)
  return rows.map(toHold)
}

/** The open holds of one lease or gateway process, without a lock. */
export async function findOpenHolds(
  db: Db,
  purpose: HoldPurpose,
  reference: string,
): Promise<readonly Hold[]> {
  const rows = await openHolds(db, purpose).where('reference', '=', reference).execute()
  return rows.map(toHold)
}

/** The open holds of everybody, or of these leases or gateway processes alone. */
export async function listOpenHolds(
  db: Db,
  purpose: HoldPurpose,
  references?: readonly string[],
): Promise<readonly (Hold & { readonly organizationId: string; readonly reference: string })[]> {
  const all = openHolds(db, purpose)
  const some =
    references === undefined
      ? all
      : all.where(sql<boolean>`reference = ANY (${arrayText(references)}::text[])`)
  const rows = await some
    .innerJoin('ledger_account', 'ledger_account.id', 'hold.account_id')
    .select(['reference', 'organization_id'])
    .orderBy('hold.id')
    .execute()
  return rows.map((row) => ({
    ...toHold(row),
    reference: row.reference,
    organizationId: row.organization_id ?? '',
  }))
}

/** Moves what holds paid from `amount` to `settled`. The caller has locked them. */
export async function settleHolds(db: Db, settlements: readonly Settlement[]): Promise<void> {
  await sql`
    UPDATE hold SET amount = hold.amount - t.paid, settled = hold.settled + t.paid
    FROM unnest(
      ${arrayText(settlements.map(({ holdId }) => holdId))}::text[],
      ${arrayText(settlements.map(({ amount }) => renderMoney(amount)))}::numeric[]
    ) AS t (id, paid)
    WHERE hold.id = t.id`.execute(db)
}

export async function changeHold(db: Db, holdId: string, by: Money): Promise<void> {
  await sql`UPDATE hold SET amount = amount + ${renderMoney(by)}::numeric WHERE id = ${holdId}`.execute(
    db,
  )
}

/** Changes several. The caller has locked them. */
export async function changeHolds(
  db: Db,
  changes: readonly { readonly holdId: string; readonly by: Money }[],
): Promise<void> {
  await sql`
    UPDATE hold SET amount = hold.amount + t.by
    FROM unnest(
      ${arrayText(changes.map(({ holdId }) => holdId))}::text[],
      ${arrayText(changes.map(({ by }) => renderMoney(by)))}::numeric[]
    ) AS t (id, by)
    WHERE hold.id = t.id`.execute(db)
}

export async function closeHolds(db: Db, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('hold')
    .set({ amount: '0', state: 'released' })
    .where('id', 'in', ids)
    .execute()
}

function openHolds(db: Db, purpose: HoldPurpose) {
  return db
    .selectFrom('hold')
    .select(['hold.id', 'hold.account_id', 'hold.amount'])
    .where('purpose', '=', purpose)
    .where('state', '=', 'held')
}

interface HoldRow {
  readonly id: string
  readonly account_id: string
  readonly amount: string
}

function toHold(row: HoldRow): Hold {
  return { id: row.id, accountId: row.account_id, amount: money(row.amount) }
}
