/** SQL of aliases. A version is never changed: the newest is in force. */
import type { Selectable } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface AliasVersion {
  readonly alias: string
  /** Null: it stands for nothing any more. */
  readonly model: string | null
  readonly version: number
  readonly setAt: Date
}

function toVersion(row: Selectable<Schema['model_alias']>): AliasVersion {
  return { alias: row.alias, model: row.model_name, version: row.version, setAt: row.set_at }
}

/** Those that stand for a model now. */
export async function listAliases(db: Db): Promise<readonly AliasVersion[]> {
  const rows = await db
    .selectFrom('model_alias')
    .distinctOn('alias')
    .selectAll()
    .orderBy('alias')
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion).filter(({ model }) => model !== null)
}

/** Of one alias, newest first. */
export async function listAliasVersions(db: Db, alias: string): Promise<readonly AliasVersion[]> {
  const rows = await db
    .selectFrom('model_alias')
    .selectAll()
    .where('alias', '=', alias)
    .orderBy('version', 'desc')
    .execute()
  return rows.map(toVersion)
}

export async function insertAlias(tx: Db, version: AliasVersion): Promise<void> {
  await tx
    .insertInto('model_alias')
    .values({
      alias: version.alias,
      version: version.version,
      model_name: version.model,
      set_at: version.setAt,
    })
    .execute()
}
