/** SQL of requests under an Idempotency-Key. Each statement decides by itself, so that gateways need no lock between them. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { SpentWhy } from './keyed-call.ts'

export interface KeyedRow {
  readonly id: string
  readonly organizationId: string
  readonly requestHash: string
  readonly eventId: string
  readonly requestId: string
  readonly writer: string
  readonly at: Date
}

export interface FoundRow {
  readonly requestHash: string
  readonly state: 'running' | 'answered' | 'spent'
  readonly why: SpentWhy | null
  readonly requestId: string
  readonly sealed: string | null
}

/** Takes a key that nobody uses, or whose time is over. False: somebody has it. */
export async function insertKeyed(db: Db, row: KeyedRow, expiredBefore: Date): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO keyed_call (id, organization_id, request_hash, state, event_id, request_id, writer, at)
    VALUES (${row.id}, ${row.organizationId}, ${row.requestHash}, 'running', ${row.eventId},
      ${row.requestId}, ${row.writer}, ${row.at})
    ON CONFLICT (id) DO UPDATE SET request_hash = excluded.request_hash, state = 'running', why = NULL,
      event_id = excluded.event_id, request_id = excluded.request_id, writer = excluded.writer,
      sealed = NULL, bytes = 0, at = excluded.at
    WHERE keyed_call.at < ${expiredBefore}
    RETURNING id`.execute(db)
  return rows.length > 0
}

export async function findKeyed(db: Db, id: string): Promise<FoundRow | null> {
  const row = await db
    .selectFrom('keyed_call')
    .select(['request_hash', 'state', 'why', 'request_id', 'sealed'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) return null
  return {
    requestHash: row.request_hash,
    state: row.state as FoundRow['state'],
    why: row.why as SpentWhy | null,
    requestId: row.request_id,
    sealed: row.sealed,
  }
}

interface Run {
  readonly id: string
  readonly eventId: string
}

/** What was claimed is over; a later claim of the same key is left alone. */
function running(db: Db, { id, eventId }: Run) {
  return db
    .updateTable('keyed_call')
    .where('id', '=', id)
    .where('event_id', '=', eventId)
    .where('state', '=', 'running')
}

export async function keepAnswer(
  db: Db,
  { sealed, bytes, ...run }: Run & { readonly sealed: string; readonly bytes: number },
): Promise<void> {
  await running(db, run).set({ state: 'answered', sealed, bytes }).execute()
}

export async function spendKeyed(
  db: Db,
  { why, ...run }: Run & { readonly why: SpentWhy },
): Promise<void> {
  await running(db, run).set({ state: 'spent', why }).execute()
}

export async function freeKeyed(db: Db, { id, eventId }: Run): Promise<void> {
  await db
    .deleteFrom('keyed_call')
    .where('id', '=', id)
    .where('event_id', '=', eventId)
    .where('state', '=', 'running')
    .execute()
}

/** What a gateway was at. */
export async function listRunningOf(tx: Db, writer: string): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('keyed_call')
    .select('event_id')
    .where('writer', '=', writer)
    .where('state', '=', 'running')
    .execute()
  return rows.map(({ event_id }) => event_id)
}

/** Ends what a gateway was at: spent where it was charged, free where it was not. */
export async function endRunningOf(
  tx: Db,
  { writer, charged }: { readonly writer: string; readonly charged: readonly string[] },
): Promise<void> {
  await sql`
    UPDATE keyed_call SET state = 'spent', why = 'lost'
    WHERE writer = ${writer} AND state = 'running'
      AND event_id = ANY(${arrayText(charged)}::uuid[])`.execute(tx)
  await tx
    .deleteFrom('keyed_call')
    .where('writer', '=', writer)
    .where('state', '=', 'running')
    .execute()
}

/** Takes the oldest answers of an organization away, as far as they are beyond its room. */
export async function crowdOut(
  db: Db,
  { organizationId, bytesMax }: { readonly organizationId: string; readonly bytesMax: number },
): Promise<void> {
  await sql`
    UPDATE keyed_call SET state = 'spent', why = 'crowded_out', sealed = NULL, bytes = 0
    WHERE state = 'answered' AND id IN (
      SELECT id FROM (
        SELECT id, sum(bytes) OVER (ORDER BY at DESC, id) AS total FROM keyed_call
        WHERE organization_id = ${organizationId} AND state = 'answered'
      ) AS newer WHERE total > ${bytesMax})`.execute(db)
}

export async function deleteKeyedBefore(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('keyed_call').where('at', '<', before).execute()
}
