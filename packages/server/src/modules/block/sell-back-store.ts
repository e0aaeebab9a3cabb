/** SQL of what blocks sell back, and of what came of it. */
import type { Selectable } from 'kysely'
import { money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { SellBack, SellBackLine } from './sell-back.ts'

function toSellBack(row: Selectable<Schema['sell_back']>): SellBack {
  return {
    id: row.id,
    blockId: row.block_id,
    nodes: row.nodes,
    placements: row.placements as SellBack['placements'],
    offeredAt: row.offered_at,
    withdrawnAt: row.withdrawn_at,
    backAt: row.back_at,
    settledAt: row.settled_at,
    creditUsd: row.credit_usd === null ? null : money(row.credit_usd),
    creditTransactionId: row.credit_transaction_id,
  }
}

export async function insertSellBack(
  tx: Db,
  {
    id,
    blockId,
    nodes,
    placements,
    offeredAt,
  }: Pick<SellBack, 'id' | 'blockId' | 'nodes' | 'placements' | 'offeredAt'>,
): Promise<void> {
  const row = {
    id,
    block_id: blockId,
    nodes,
    placements: JSON.stringify(placements),
    offered_at: offeredAt,
  }
  await tx.insertInto('sell_back').values(row).execute()
}

/** Of one block, or of all; the earliest first. */
export async function listSellBacks(db: Db, blockId?: string): Promise<readonly SellBack[]> {
  const all = db.selectFrom('sell_back').selectAll().orderBy('id')
  const rows = await (blockId === undefined ? all : all.where('block_id', '=', blockId)).execute()
  return rows.map(toSellBack)
}

export async function withdrawAll(tx: Db, blockId: string, at: Date): Promise<void> {
  await tx
    .updateTable('sell_back')
    .set({ withdrawn_at: at })
    .where('block_id', '=', blockId)
    .where('withdrawn_at', 'is', null)
    .execute()
}

export async function noteBack(tx: Db, id: string, at: Date): Promise<void> {
  await tx.updateTable('sell_back').set({ back_at: at }).where('id', '=', id).execute()
}

export async function settleSellBack(
  tx: Db,
  {
    id,
    settledAt,
    creditUsd,
    creditTransactionId,
  }: Pick<SellBack, 'id' | 'creditTransactionId'> & {
    readonly settledAt: Date
    readonly creditUsd: NonNullable<SellBack['creditUsd']>
  },
  lines: readonly SellBackLine[],
): Promise<void> {
  const change = {
    settled_at: settledAt,
    credit_usd: renderMoney(creditUsd),
    credit_transaction_id: creditTransactionId,
  }
  await tx.updateTable('sell_back').set(change).where('id', '=', id).execute()
  const rows = lines.map(({ leaseId, gpuMs, paidUsd, creditUsd: given }) => ({
    ...{ sell_back_id: id, lease_id: leaseId, gpu_ms: BigInt(gpuMs) },
    ...{ paid_usd: renderMoney(paidUsd), credit_usd: renderMoney(given) },
  }))
  if (rows.length > 0) await tx.insertInto('sell_back_line').values(rows).execute()
}

export async function listLines(db: Db, id: string): Promise<readonly SellBackLine[]> {
  const query = db.selectFrom('sell_back_line').selectAll().where('sell_back_id', '=', id)
  return (await query.orderBy('lease_id').execute()).map((row) => ({
    ...{ leaseId: row.lease_id, gpuMs: Number(row.gpu_ms) },
    ...{ paidUsd: money(row.paid_usd), creditUsd: money(row.credit_usd) },
  }))
}
