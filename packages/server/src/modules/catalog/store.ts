/** SQL of SKUs, prices and models. */
import { sql } from 'kysely'
import { money, renderMoney, type Unit } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Model } from './model.ts'
import { makePrice, type SetPrice } from './price.ts'

export interface Sku {
  readonly name: string
  readonly unit: Unit
  readonly description: string
}

/** Inserts the SKU; a known one keeps its unit and gets the new description. */
export async function upsertSku(db: Db, { name, unit, description }: Sku): Promise<Sku> {
  const row = await db
    .insertInto('sku')
    .values({ name, unit, description })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ description }))
    .returningAll()
    .executeTakeFirstOrThrow()
  return { ...row, unit: row.unit as Unit }
}

/** The SKU, locked until the transaction ends: its prices are set one after another. */
export async function lockSku(db: Db, name: string): Promise<Sku | null> {
  const row = await db
    .selectFrom('sku')
    .selectAll()
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? null : { ...row, unit: row.unit as Unit }
}

export async function listSkus(db: Db): Promise<readonly Sku[]> {
  const rows = await db.selectFrom('sku').selectAll().orderBy('name').execute()
  return rows.map((row) => ({ ...row, unit: row.unit as Unit }))
}

/** The price set last, whether it counts already or not. */
export async function findLatestPrice(db: Db, sku: string): Promise<SetPrice | null> {
  const row = await prices(db)
    .where('price.sku', '=', sku)
    .orderBy('effective_from', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : toSetPrice(row)
}

/** For each of these SKUs that has one, the price in force at an instant. */
export async function findPricesInForce(
  db: Db,
  skus: readonly string[],
  at: Date,
): Promise<readonly SetPrice[]> {
  const { rows } = await sql<PriceRow>`
    SELECT DISTINCT ON (p.sku) p.id, p.sku, p.amount_usd, p.per, p.effective_from, s.unit
    FROM price p JOIN sku s ON s.name = p.sku
    WHERE p.sku = ANY (${skus}::text[]) AND p.effective_from <= ${at}
    ORDER BY p.sku, p.effective_from DESC`.execute(db)
  return rows.map(toSetPrice)
}

/** Every price of a SKU that counts before an instant, oldest first. */
export async function listPriceChanges(
  db: Db,
  sku: string,
  before: Date,
): Promise<readonly SetPrice[]> {
  const rows = await prices(db)
    .where('price.sku', '=', sku)
    .where('effective_from', '<', before)
    .orderBy('effective_from')
    .execute()
  return rows.map(toSetPrice)
}

export async function findPrices(db: Db, ids: readonly string[]): Promise<readonly SetPrice[]> {
  if (ids.length === 0) return []
  const rows = await prices(db).where('price.id', 'in', ids).execute()
  return rows.map(toSetPrice)
}

export async function insertPrice(
  db: Db,
  { id, sku, price, effectiveFrom }: SetPrice,
): Promise<void> {
  await db
    .insertInto('price')
    .values({
      id,
      sku,
      amount_usd: renderMoney(price.amount),
      per: price.per,
      effective_from: effectiveFrom,
    })
    .execute()
}

/** Inserts a card or rewrites it; a retired model comes back. */
export async function upsertModel(db: Db, model: Model): Promise<void> {
  const card = {
    display_name: model.displayName,
    description: model.description,
    publisher: model.publisher,
    licence: model.licence,
    is_toy: model.isToy,
    is_embedding: model.isEmbedding,
    context_tokens: model.contextTokens,
    input_sku: model.inputSku,
    output_sku: model.outputSku,
    retired_at: null,
  }
  await db
    .insertInto('model')
    .values({ name: model.name, ...card })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(card))
    .execute()
}

export async function listModels(db: Db): Promise<readonly Model[]> {
  const rows = await db
    .selectFrom('model')
    .selectAll()
    .where('retired_at', 'is', null)
    .orderBy('name')
    .execute()
  return rows.map(toModel)
}

export async function findModel(db: Db, name: string): Promise<Model | null> {
  const row = await db
    .selectFrom('model')
    .selectAll()
    .where('name', '=', name)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : toModel(row)
}

/** Takes a model out of the catalog; a repetition keeps the first instant. */
export async function retireModel(db: Db, name: string, now: Date): Promise<void> {
  await db
    .updateTable('model')
    .set({ retired_at: now })
    .where('name', '=', name)
    .where('retired_at', 'is', null)
    .execute()
}

function prices(db: Db) {
  return db
    .selectFrom('price')
    .innerJoin('sku', 'sku.name', 'price.sku')
    .select([
      'price.id',
      'price.sku',
      'price.amount_usd',
      'price.per',
      'price.effective_from',
      'sku.unit',
    ])
}

interface PriceRow {
  readonly id: string
  readonly sku: string
  readonly amount_usd: string
  readonly per: bigint
  readonly effective_from: Date
  readonly unit: string
}

function toSetPrice(row: PriceRow): SetPrice {
  return {
    id: row.id,
    sku: row.sku,
    price: makePrice(money(row.amount_usd), row.per, row.unit as Unit),
    effectiveFrom: row.effective_from,
  }
}

interface ModelRow {
  readonly name: string
  readonly display_name: string
  readonly description: string
  readonly publisher: string
  readonly licence: string
  readonly is_toy: boolean
  readonly is_embedding: boolean
  readonly context_tokens: number
  readonly input_sku: string
  readonly output_sku: string
}

function toModel(row: ModelRow): Model {
  return {
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    publisher: row.publisher,
    licence: row.licence,
    isToy: row.is_toy,
    isEmbedding: row.is_embedding,
    contextTokens: row.context_tokens,
    inputSku: row.input_sku,
    outputSku: row.output_sku,
  }
}
