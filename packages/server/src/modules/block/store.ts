/** SQL of blocks and their facts. */
import type { BlockState } from '@spillway/contract'
import type { Selectable } from 'kysely'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Block } from './block.ts'

function toBlock(row: Selectable<Schema['block']>): Block {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    name: row.name,
    state: row.state as BlockState,
    text: row.text,
    pool: row.pool_name,
    gpus: row.gpus,
    nodes: row.nodes,
    fabric: row.fabric as Block['fabric'],
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    priceId: row.price_id,
    sku: row.sku,
    priceUsd: money(row.price_usd),
    holdId: row.hold_id,
    chargedUntil: row.charged_until,
    createdAt: row.created_at,
    readyAt: row.ready_at,
    closedAt: row.closed_at,
    missingGpuMs: row.missing_gpu_ms === null ? null : Number(row.missing_gpu_ms),
    usedGpuMs: row.used_gpu_ms === null ? null : Number(row.used_gpu_ms),
    creditUsd: row.credit_usd === null ? null : money(row.credit_usd),
    creditTransactionId: row.credit_transaction_id,
    cancelTerms:
      row.free_hours === null || row.fee_percent === null
        ? null
        : { freeHours: row.free_hours, feePercent: row.fee_percent },
    feeUsd: row.fee_usd === null ? null : money(row.fee_usd),
  }
}

export async function insertBlock(tx: Db, block: Block): Promise<void> {
  await tx
    .insertInto('block')
    .values({
      id: block.id,
      organization_id: block.organizationId,
      project_id: block.projectId,
      name: block.name,
      state: block.state,
      text: block.text,
      pool_name: block.pool,
      gpus: block.gpus,
      nodes: block.nodes,
      fabric: block.fabric,
      starts_at: block.startsAt,
      ends_at: block.endsAt,
      price_id: block.priceId,
      sku: block.sku,
      price_usd: renderMoney(block.priceUsd),
      hold_id: block.holdId,
      charged_until: block.chargedUntil,
      created_at: block.createdAt,
      free_hours: block.cancelTerms?.freeHours ?? null,
      fee_percent: block.cancelTerms?.feePercent ?? null,
    })
    .execute()
}

export async function findBlock(db: Db, id: string): Promise<Block | null> {
  const row = await db.selectFrom('block').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toBlock(row)
}

export async function lockBlock(tx: Db, id: string): Promise<Block | null> {
  const query = tx.selectFrom('block').selectAll().where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? null : toBlock(row)
}

export interface BlockFilter {
  /** Null: of every organization. */
  readonly organizationId: string | null
  readonly state?: BlockState | undefined
  readonly pool?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listBlocks(db: Db, filter: BlockFilter): Promise<readonly Block[]> {
  let query = db.selectFrom('block').selectAll().orderBy('id', 'desc').limit(filter.limit)
  if (filter.organizationId !== null)
    query = query.where('organization_id', '=', filter.organizationId)
  if (filter.state) query = query.where('state', '=', filter.state)
  if (filter.pool) query = query.where('pool_name', '=', filter.pool)
  if (filter.cursor) query = query.where('id', '<', filter.cursor)
  return (await query.execute()).map(toBlock)
}

/** All that are over, for the verification. */
export async function listClosedBlocks(db: Db): Promise<readonly Block[]> {
  const query = db.selectFrom('block').selectAll().where('closed_at', 'is not', null)
  return (await query.execute()).map(toBlock)
}

export async function changeBlock(
  tx: Db,
  id: string,
  change: Partial<Pick<Block, 'state' | 'text' | 'chargedUntil' | 'readyAt'>>,
): Promise<void> {
  const { state, text, chargedUntil, readyAt } = change
  const columns = {
    ...(state === undefined ? {} : { state }),
    ...(text === undefined ? {} : { text }),
    ...(chargedUntil === undefined ? {} : { charged_until: chargedUntil }),
    ...(readyAt === undefined ? {} : { ready_at: readyAt }),
  }
  await tx.updateTable('block').set(columns).where('id', '=', id).execute()
}

export interface BlockClosing {
  readonly state: 'ended' | 'unavailable' | 'cancelled'
  readonly text: string
  readonly closedAt: Date
  readonly missingGpuMs: number
  readonly usedGpuMs: number
  readonly creditUsd: Money
  readonly creditTransactionId: string | null
  /** Of one that was cancelled. */
  readonly feeUsd?: Money
}

export async function closeBlock(tx: Db, id: string, closing: BlockClosing): Promise<void> {
  const columns = {
    state: closing.state,
    text: closing.text,
    closed_at: closing.closedAt,
    missing_gpu_ms: BigInt(closing.missingGpuMs),
    used_gpu_ms: BigInt(closing.usedGpuMs),
    credit_usd: renderMoney(closing.creditUsd),
    credit_transaction_id: closing.creditTransactionId,
    fee_usd: closing.feeUsd === undefined ? null : renderMoney(closing.feeUsd),
  }
  await tx.updateTable('block').set(columns).where('id', '=', id).execute()
}

export interface BlockFact {
  readonly at: Date
  readonly type: string
  readonly text: string
}

export async function insertFact(tx: Db, blockId: string, fact: BlockFact): Promise<void> {
  await tx
    .insertInto('block_fact')
    .values({ block_id: blockId, at: fact.at, type: fact.type, text: fact.text })
    .execute()
}

export async function listFacts(db: Db, blockId: string): Promise<readonly BlockFact[]> {
  const rows = await db
    .selectFrom('block_fact')
    .select(['at', 'type', 'text'])
    .where('block_id', '=', blockId)
    .orderBy('id')
    .execute()
  return rows.map(({ at, type, text }) => ({ at, type, text }))
}
