/** SQL of quotes. */
import type { Selectable } from 'kysely'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface Quote {
  readonly id: string
  readonly organizationId: string
  /** Null for those from before projects were kept. */
  readonly projectId: string | null
  readonly pool: string
  readonly gpus: number
  readonly nodes: number
  readonly fabric: 'same' | 'any'
  readonly priceId: string
  readonly sku: string
  readonly priceUsd: Money
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly orderId: string | null
}

function toQuote(row: Selectable<Schema['quote']>): Quote {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    pool: row.pool_name,
    gpus: row.gpus,
    nodes: row.nodes,
    fabric: row.fabric as Quote['fabric'],
    priceId: row.price_id,
    sku: row.sku,
    priceUsd: money(row.price_usd),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    orderId: row.order_id,
  }
}

export async function insertQuote(tx: Db, quote: Quote): Promise<void> {
  const row = {
    id: quote.id,
    organization_id: quote.organizationId,
    project_id: quote.projectId,
    pool_name: quote.pool,
    gpus: quote.gpus,
    nodes: quote.nodes,
    fabric: quote.fabric,
    price_id: quote.priceId,
    sku: quote.sku,
    price_usd: renderMoney(quote.priceUsd),
    created_at: quote.createdAt,
    expires_at: quote.expiresAt,
  }
  await tx.insertInto('quote').values(row).execute()
}

export async function findQuote(db: Db, id: string): Promise<Quote | null> {
  const row = await db.selectFrom('quote').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toQuote(row)
}

export async function lockQuote(tx: Db, id: string): Promise<Quote | null> {
  const query = tx.selectFrom('quote').selectAll().where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? null : toQuote(row)
}

/** Newest first; of all organizations where none is named. */
export async function listQuotes(
  db: Db,
  { organizationId, limit }: { readonly organizationId: string | null; readonly limit: number },
): Promise<readonly Quote[]> {
  let query = db.selectFrom('quote').selectAll().orderBy('id', 'desc').limit(limit)
  if (organizationId !== null) query = query.where('organization_id', '=', organizationId)
  return (await query.execute()).map(toQuote)
}

export async function spendQuote(tx: Db, id: string, orderId: string): Promise<void> {
  await tx.updateTable('quote').set({ order_id: orderId }).where('id', '=', id).execute()
}
