/** SQL of the breakers that gateways have open. */
import type { Db } from '#platform/db/database.ts'

export interface OpenBreaker {
  readonly serverId: string
  /** Which gateway. */
  readonly writer: string
  readonly model: string
  readonly openedAt: Date
  readonly openUntil: Date
}

/** It is open since it was first said to be. */
export async function saveBreaker(tx: Db, breaker: OpenBreaker): Promise<void> {
  const { serverId, writer, model, openedAt, openUntil } = breaker
  await tx
    .insertInto('route_breaker')
    .values({
      ...{ server_id: serverId, writer, model_name: model },
      ...{ opened_at: openedAt, open_until: openUntil },
    })
    .onConflict((conflict) =>
      conflict.columns(['server_id', 'writer']).doUpdateSet({ open_until: openUntil }),
    )
    .execute()
}

export async function deleteBreaker(tx: Db, serverId: string, writer: string): Promise<void> {
  await tx
    .deleteFrom('route_breaker')
    .where('server_id', '=', serverId)
    .where('writer', '=', writer)
    .execute()
}

/** Of gateways that are gone, or of servers that nobody asks any more. */
export async function deleteOldBreakers(tx: Db, before: Date): Promise<void> {
  await tx.deleteFrom('route_breaker').where('open_until', '<', before).execute()
}

/** Those whose pause was not over at an instant. */
export async function listBreakers(db: Db, since: Date): Promise<readonly OpenBreaker[]> {
  const rows = await db
    .selectFrom('route_breaker')
    .selectAll()
    .where('open_until', '>=', since)
    .execute()
  return rows.map((row) => ({
    serverId: row.server_id,
    writer: row.writer,
    model: row.model_name,
    openedAt: row.opened_at,
    openUntil: row.open_until,
  }))
}
