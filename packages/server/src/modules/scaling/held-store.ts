/** SQL of the requests that gateways hold for models without replicas. */
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'

export interface Held {
  readonly model: string
  /** Which gateway. */
  readonly writer: string
  readonly requests: number
}

export async function saveHeld(tx: Db, { model, writer, requests }: Held, at: Date): Promise<void> {
  await tx
    .insertInto('held_request')
    .values({ model_name: model, writer, requests, at })
    .onConflict((conflict) =>
      conflict.columns(['model_name', 'writer']).doUpdateSet({ requests, at }),
    )
    .execute()
}

/** By model, of gateways that said so since an instant. */
export async function countHeld(db: Db, since: Date): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ model_name: string; requests: string }>`
    SELECT model_name, sum(requests) AS requests FROM held_request
    WHERE at >= ${since} AND requests > 0 GROUP BY model_name`.execute(db)
  return new Map(rows.map((row) => [row.model_name, Number(row.requests)]))
}

export async function deleteOldHeld(tx: Db, before: Date): Promise<void> {
  await tx.deleteFrom('held_request').where('at', '<', before).execute()
}
