/** SQL of rate limits, of what was given of each minute, and of slots. A row of a limit is locked before its slots. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { RateKey, RateKind, RateLimit, RateSetter } from './rate.ts'

function toLimit(row: Selectable<Schema['rate_limit']>): RateLimit {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    model: row.model,
    setBy: row.set_by as RateSetter,
    requestsPerMinute: row.requests_per_minute,
    tokensPerMinute: row.tokens_per_minute === null ? null : Number(row.tokens_per_minute),
    concurrency: row.concurrency,
    setAt: row.set_at,
  }
}

/** Sets a limit; one for the same is replaced and keeps its id. */
export async function upsertLimit(tx: Db, limit: RateLimit): Promise<RateLimit> {
  const changed = {
    requests_per_minute: limit.requestsPerMinute,
    tokens_per_minute: limit.tokensPerMinute === null ? null : BigInt(limit.tokensPerMinute),
    concurrency: limit.concurrency,
    set_at: limit.setAt,
  }
  const row = await tx
    .insertInto('rate_limit')
    .values({
      id: limit.id,
      organization_id: limit.organizationId,
      project_id: limit.projectId,
      api_key_id: limit.apiKeyId,
      model: limit.model,
      set_by: limit.setBy,
      ...changed,
    })
    .onConflict((conflict) => conflict.constraint('rate_limit_once').doUpdateSet(changed))
    .returningAll()
    .executeTakeFirstOrThrow()
  return toLimit(row)
}

export async function findLimit(db: Db, id: string): Promise<RateLimit | null> {
  const row = await db.selectFrom('rate_limit').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toLimit(row)
}

export async function removeLimit(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('rate_limit').where('id', '=', id).execute()
}

export async function selectLimits(db: Db): Promise<readonly RateLimit[]> {
  const query = db.selectFrom('rate_limit').selectAll().orderBy('set_at').orderBy('id')
  return (await query.execute()).map(toLimit)
}

export interface Share {
  readonly taken: number
  /** All that was given of the minute, this share with it. */
  readonly given: number
}

/**
 * Takes of a minute what is wanted, or what is left of it where that is less; nothing where the limit is gone. Two at
 * once come one after the other.
 */
export async function takeShare(
  tx: Db,
  { limitId, subject }: RateKey,
  { kind, startsAt, cut }: ShareRequest,
): Promise<Share> {
  const { rows } = await sql<{ given: string; most: string }>`
    WITH made AS (
      INSERT INTO rate_window (limit_id, subject, kind, starts_at)
      SELECT id, ${subject}, ${kind}, ${startsAt} FROM rate_limit WHERE id = ${limitId}
      ON CONFLICT (limit_id, subject, kind, starts_at) DO UPDATE SET given = rate_window.given
      RETURNING given
    )
    SELECT made.given::text AS given,
      coalesce(CASE WHEN ${kind} = 'requests' THEN requests_per_minute ELSE tokens_per_minute END, 0)::text AS most
    FROM made, rate_limit WHERE id = ${limitId}`.execute(tx)
  const [row] = rows
  if (row === undefined) return { taken: 0, given: 0 }
  const taken = cut(Number(row.most) - Number(row.given))
  const given = Number(row.given) + taken
  if (taken > 0)
    await sql`
      UPDATE rate_window SET given = ${given}
      WHERE limit_id = ${limitId} AND subject = ${subject} AND kind = ${kind} AND starts_at = ${startsAt}`.execute(
      tx,
    )
  return { taken, given }
}

export interface ShareRequest {
  readonly kind: RateKind
  readonly startsAt: Date
  /** How much to take of so much that is left. */
  readonly cut: (left: number) => number
}

/** Takes so many slots, or as many as there are. */
export async function takeSlots(
  tx: Db,
  { limitId, subject }: RateKey,
  { writer, wanted }: { readonly writer: string; readonly wanted: number },
): Promise<number> {
  const { rows: limits } = await sql<{ concurrency: number | null }>`
    SELECT concurrency FROM rate_limit WHERE id = ${limitId} FOR NO KEY UPDATE`.execute(tx)
  const most = limits[0]?.concurrency ?? 0
  const { rows } = await sql<{ taken: string }>`
    SELECT coalesce(sum(slots), 0)::text AS taken FROM rate_slot
    WHERE limit_id = ${limitId} AND subject = ${subject}`.execute(tx)
  const got = Math.max(0, Math.min(wanted, most - Number(rows[0]?.taken ?? 0)))
  if (got > 0)
    await sql`
      INSERT INTO rate_slot (limit_id, subject, writer, slots) VALUES (${limitId}, ${subject}, ${writer}, ${got})
      ON CONFLICT (limit_id, subject, writer) DO UPDATE SET slots = rate_slot.slots + ${got}`.execute(
      tx,
    )
  return got
}

/** How many slots a gateway keeps; saying it twice changes nothing. */
export async function keepSlots(
  db: Db,
  { limitId, subject }: RateKey,
  { writer, slots }: { readonly writer: string; readonly slots: number },
): Promise<void> {
  await sql`
    UPDATE rate_slot SET slots = ${slots}
    WHERE limit_id = ${limitId} AND subject = ${subject} AND writer = ${writer}`.execute(db)
}

/** Gives back the slots of a gateway that is dead. */
export async function removeSlotsOf(tx: Db, writer: string): Promise<void> {
  await tx.deleteFrom('rate_slot').where('writer', '=', writer).execute()
}

/** Minutes that are over say nothing any more. */
export async function removeWindowsBefore(db: Db, at: Date): Promise<void> {
  await db.deleteFrom('rate_window').where('starts_at', '<', at).execute()
}
