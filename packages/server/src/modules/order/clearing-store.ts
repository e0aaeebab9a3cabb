/** SQL of clearings and of the prices that they made. */
import type { ClearingLog as LogText } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface ClearingRecord {
  readonly id: string
  readonly pool: string
  readonly windowEndsAt: Date
  /** 0: plain spot. */
  readonly guaranteeHours: number
  readonly isQuoted: boolean
  readonly reserve: Money
  readonly price: Money
  readonly bids: number
  readonly accepted: number
  readonly gpusOffered: number
  readonly gpusSold: number
}

function toRecord(row: Omit<Selectable<Schema['clearing']>, 'log'>): ClearingRecord {
  return {
    id: row.id,
    pool: row.pool_name,
    windowEndsAt: row.window_ends_at,
    guaranteeHours: row.guarantee_hours,
    isQuoted: row.is_quoted,
    reserve: money(row.reserve_usd),
    price: money(row.price_usd),
    bids: row.bids,
    accepted: row.accepted,
    gpusOffered: row.gpus_offered,
    gpusSold: row.gpus_sold,
  }
}

const COLUMNS = [
  ...(['id', 'pool_name', 'window_ends_at', 'is_quoted', 'reserve_usd', 'price_usd'] as const),
  ...(['bids', 'accepted', 'gpus_offered', 'gpus_sold', 'guarantee_hours'] as const),
] as const

export async function insertClearing(tx: Db, record: ClearingRecord, log: LogText): Promise<void> {
  const row = {
    id: record.id,
    pool_name: record.pool,
    window_ends_at: record.windowEndsAt,
    guarantee_hours: record.guaranteeHours,
    is_quoted: record.isQuoted,
    reserve_usd: renderMoney(record.reserve),
    price_usd: renderMoney(record.price),
    bids: record.bids,
    accepted: record.accepted,
    gpus_offered: record.gpusOffered,
    gpus_sold: record.gpusSold,
    log: JSON.stringify(log),
  }
  await tx.insertInto('clearing').values(row).execute()
}

/** The last one of a pool, of plain spot or of what is sold with a guarantee. */
export async function findLastClearing(
  db: Db,
  pool: string,
  guaranteeHours: number,
): Promise<ClearingRecord | null> {
  const row = await db
    .selectFrom('clearing')
    .select(COLUMNS)
    .where('pool_name', '=', pool)
    .where('guarantee_hours', '=', guaranteeHours)
    .orderBy('window_ends_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

export async function findClearing(
  db: Db,
  id: string,
): Promise<{ readonly record: ClearingRecord; readonly log: LogText } | null> {
  const row = await db.selectFrom('clearing').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : { record: toRecord(row), log: row.log as LogText }
}

/** Newest first. */
export async function listClearings(
  db: Db,
  {
    pool,
    cursor,
    limit,
  }: {
    readonly pool?: string | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<readonly ClearingRecord[]> {
  // Ids are ordered by the time at which they were made.
  let query = db.selectFrom('clearing').select(COLUMNS).orderBy('id', 'desc').limit(limit)
  if (pool !== undefined) query = query.where('pool_name', '=', pool)
  if (cursor !== undefined) query = query.where('id', '<', cursor)
  return (await query.execute()).map(toRecord)
}

/** What the windows of a stretch came to. */
export interface PriceSpread {
  readonly fromMs: number
  readonly p10: Money
  readonly median: Money
  readonly p90: Money
  readonly gpusOffered: number
  readonly gpusSold: number
  readonly clearings: number
}

/** The windows of plain spot of a pool by stretches of equal length from an instant on; those without any are left out. */
export async function listPriceSpreads(
  db: Db,
  pool: string,
  { from, to, stepMs }: { readonly from: Date; readonly to: Date; readonly stepMs: number },
): Promise<readonly PriceSpread[]> {
  const { rows } = await sql<{
    step: number
    p10: string
    median: string
    p90: string
    offered: string
    sold: string
    clearings: number
  }>`
    SELECT floor(extract(epoch FROM window_ends_at - ${from}) * 1000 / ${stepMs}::float8)::int4 AS step,
      percentile_disc(0.1) WITHIN GROUP (ORDER BY price_usd) AS p10,
      percentile_disc(0.5) WITHIN GROUP (ORDER BY price_usd) AS median,
      percentile_disc(0.9) WITHIN GROUP (ORDER BY price_usd) AS p90,
      sum(gpus_offered)::text AS offered, sum(gpus_sold)::text AS sold, count(*)::int4 AS clearings
    FROM clearing
    WHERE pool_name = ${pool} AND guarantee_hours = 0 AND window_ends_at >= ${from} AND window_ends_at < ${to}
    GROUP BY step ORDER BY step`.execute(db)
  return rows.map(({ step, p10, median, p90, offered, sold, clearings }) => ({
    fromMs: from.getTime() + step * stepMs,
    ...{ p10: money(p10), median: money(median), p90: money(p90), clearings },
    ...{ gpusOffered: Number(offered), gpusSold: Number(sold) },
  }))
}
