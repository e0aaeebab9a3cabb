/** SQL of what blocks ask of leases. */
import type { ReclaimTerms } from '@spillway/contract'
import { sql } from 'kysely'
import { type Money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'

/** By pool, the longest grace of those that may have to give way to a block. */
export async function listGraces(db: Db): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ pool_name: string; grace_ms: number }>`
    SELECT pool_name, max(grace_ms)::int4 AS grace_ms FROM lease
    WHERE state <> 'ended' AND kind IN ('spot', 'flex') GROUP BY pool_name`.execute(db)
  return new Map(rows.map(({ pool_name, grace_ms }) => [pool_name, grace_ms]))
}

/** The leases of a block that have not ended, in the order of their ids. */
export async function listOpenIdsOfBlock(db: Db, blockId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM lease WHERE block_id = ${blockId} AND state <> 'ended' ORDER BY id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Leases that wait within a block, in the order of their ids. */
export async function listPendingIdsOfBlocks(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM lease WHERE state = 'pending' AND block_id IS NOT NULL ORDER BY id`.execute(db)
  return rows.map(({ id }) => id)
}

/** A lease goes on without its block, at a price and on terms of its own. */
export async function leaveBlock(
  tx: Db,
  id: string,
  {
    priceId,
    priceUsd,
    terms,
  }: {
    readonly priceId: string
    readonly priceUsd: Money
    readonly terms: ReclaimTerms
  },
): Promise<void> {
  const amount = renderMoney(priceUsd)
  const columns = {
    ...{ block_id: null, after_block: null, price_id: priceId, price_usd: amount },
    ...{ agreed_price_id: null, agreed_sku: null, agreed_price_usd: null, max_price_usd: amount },
    ...{ terms: JSON.stringify(terms), notice_ms: terms.noticeMs },
  }
  await tx.updateTable('lease').set(columns).where('id', '=', id).execute()
}
