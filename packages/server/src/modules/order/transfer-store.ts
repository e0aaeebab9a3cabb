/** SQL of what the owner's teams were charged in the owner's books. Rows are added and never changed. */
import { sql } from 'kysely'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { TransferKind, TransferLine } from './transfer.ts'

export interface PostedLine extends TransferLine {
  readonly hour: Date
  readonly revision: number
  readonly price: Money
}

/** One posting of an hour. */
export interface TransferPosting {
  readonly pool: string
  readonly hour: Date
  readonly revision: number
  readonly price: Money
  readonly lines: readonly TransferLine[]
  readonly transactionId: string
}

export async function insertTransfer(
  tx: Db,
  { pool, hour, revision, price, lines, transactionId }: TransferPosting,
): Promise<void> {
  await tx
    .insertInto('transfer_charge')
    .values(
      lines.map(({ organizationId, kind, gpuMs, amount }) => ({
        ...{ pool_name: pool, hour, revision, organization_id: organizationId, kind },
        ...{ gpu_ms: gpuMs, usd_per_gpu_hour: renderMoney(price) },
        ...{ amount_usd: renderMoney(amount), ledger_transaction_id: transactionId },
      })),
    )
    .execute()
}

/** Whoever else posts hours of the pool waits until this transaction has ended. */
export async function lockTransfers(tx: Db, pool: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('transfer:' || ${pool}, 0))`.execute(tx)
}

/** Everything that was posted for the hours of a stretch, oldest first. */
export async function listTransfers(
  db: Db,
  pool: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly PostedLine[]> {
  const rows = await db
    .selectFrom('transfer_charge')
    .selectAll()
    .where('pool_name', '=', pool)
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .orderBy('hour')
    .orderBy('revision')
    .execute()
  return rows.map((row) => ({
    ...{ hour: row.hour, revision: row.revision, organizationId: row.organization_id },
    ...{ kind: row.kind as TransferKind, gpuMs: row.gpu_ms, amount: money(row.amount_usd) },
    price: money(row.usd_per_gpu_hour),
  }))
}

/** The last hour of a pool for which anything was posted. */
export async function findLastTransferHour(db: Db, pool: string): Promise<Date | null> {
  const row = await db
    .selectFrom('transfer_charge')
    .select((eb) => eb.fn.max('hour').as('hour'))
    .where('pool_name', '=', pool)
    .executeTakeFirst()
  return row?.hour ?? null
}

/** What each account of the ledger should have, by what was posted. */
export async function sumTransfers(db: Db): Promise<ReadonlyMap<string, Money>> {
  const { rows } = await sql<{ account: string; sum: string }>`
    SELECT 'internal_cost:' || organization_id AS account, -sum(amount_usd) AS sum
    FROM transfer_charge GROUP BY 1
    UNION ALL
    SELECT 'internal_recovery:' || pool_name || '.' || kind, sum(amount_usd)
    FROM transfer_charge GROUP BY 1`.execute(db)
  return new Map(rows.map(({ account, sum }) => [account, money(sum)]))
}
