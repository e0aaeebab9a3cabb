/** SQL of retirements: one row a model that goes or went. */
import type { Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Retirement } from './retirement.ts'

function toRetirement(row: Selectable<Schema['model_retirement']>): Retirement {
  return {
    model: row.model_name,
    version: row.version,
    announcedAt: row.announced_at,
    retiresAt: row.retires_at,
    successor: row.successor,
    told: row.told,
  }
}

export async function listRetirements(db: Db): Promise<readonly Retirement[]> {
  const rows = await db.selectFrom('model_retirement').selectAll().orderBy('model_name').execute()
  return rows.map(toRetirement)
}

/** The same, locked: what is told of each is told once. */
export async function lockRetirements(tx: Db): Promise<readonly Retirement[]> {
  const rows = await tx
    .selectFrom('model_retirement')
    .selectAll()
    .orderBy('model_name')
    .forUpdate()
    .execute()
  return rows.map(toRetirement)
}

export async function upsertRetirement(tx: Db, retirement: Retirement): Promise<void> {
  const values = {
    version: retirement.version,
    announced_at: retirement.announcedAt,
    retires_at: retirement.retiresAt,
    successor: retirement.successor,
    told: retirement.told,
  }
  await tx
    .insertInto('model_retirement')
    .values({ model_name: retirement.model, ...values })
    .onConflict((conflict) => conflict.column('model_name').doUpdateSet(values))
    .execute()
}

export async function saveTold(tx: Db, model: string, told: number): Promise<void> {
  await tx.updateTable('model_retirement').set({ told }).where('model_name', '=', model).execute()
}

/** False: there was none. */
export async function deleteRetirement(tx: Db, model: string): Promise<boolean> {
  const row = await tx
    .deleteFrom('model_retirement')
    .where('model_name', '=', model)
    .returning('model_name')
    .executeTakeFirst()
  return row !== undefined
}
