/** SQL of what is declared of models. A version is never changed: the newest is in force. */
import { ModelCardDocument } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface CardVersion {
  readonly model: string
  readonly version: number
  readonly document: ModelCardDocument
  readonly setAt: Date
}

function toVersion(row: Selectable<Schema['model_card']>): CardVersion {
  return {
    model: row.model_name,
    version: row.version,
    document: ModelCardDocument.parse(row.document),
    setAt: row.set_at,
  }
}

/** The newest version of each model of which something was ever declared. */
export async function listCurrentCards(db: Db): Promise<readonly CardVersion[]> {
  const rows = await db
    .selectFrom('model_card')
    .distinctOn('model_name')
    .selectAll()
    .orderBy('model_name')
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion)
}

/** Of one model, newest first. */
export async function listCardVersions(db: Db, model: string): Promise<readonly CardVersion[]> {
  const rows = await db
    .selectFrom('model_card')
    .selectAll()
    .where('model_name', '=', model)
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion)
}

export async function insertCard(tx: Db, card: CardVersion): Promise<void> {
  await tx
    .insertInto('model_card')
    .values({
      model_name: card.model,
      version: card.version,
      document: JSON.stringify(card.document),
      set_at: card.setAt,
    })
    .execute()
}

/** Whoever changes this of the catalog comes after this transaction. */
export async function lockCatalog(tx: Db, what: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`catalog/${what}`}, 0))`.execute(tx)
}
