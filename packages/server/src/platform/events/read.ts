/**
 * Reads the event stream by position. A position is (transaction, id); a row shows only once every older transaction
 * has ended, so a reader that goes on from its last position never misses one that committed late.
 */
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import { EVENT_PAGE_ROWS } from '../../limits.ts'

export interface StoredEvent {
  readonly position: string
  readonly at: Date
  readonly type: string
  readonly organizationId: string | null
  readonly subject: string
  readonly data: Readonly<Record<string, unknown>>
}

const POSITION = /^(\d{1,20})-(\d{1,19})$/

/** Whether text has the form of a position. */
export function isPosition(text: string): boolean {
  return POSITION.test(text)
}

/** The position after which everything is still to come. */
export async function currentPosition(db: Db): Promise<string> {
  const { rows } = await sql<{
    xid: string
  }>`SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid`.execute(db)
  return `${rows[0]?.xid ?? '0'}-0`
}

interface Row {
  readonly xid: string
  readonly id: bigint | string
  readonly at: Date
  readonly type: string
  readonly organization_id: string | null
  readonly subject: string
  readonly data: Record<string, unknown>
}

export interface EventPage {
  readonly events: readonly StoredEvent[]
  /** Where to go on from: what lies before it was read, also what this reader may not see. */
  readonly next: string
  /** There are events that cannot be shown yet: an older transaction has not ended, and its end may ring no bell. */
  readonly isHeldUp: boolean
}

async function hasEventsFrom(db: Db, xid: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM event WHERE xid >= ${xid}::xid8 LIMIT 1`.execute(db)
  return rows.length > 0
}

/** Events after a position that `organizationId` may see (null: all), oldest first, at most a page. */
export async function readEvents(
  db: Db,
  { after, organizationId }: { readonly after: string; readonly organizationId: string | null },
): Promise<EventPage> {
  const [, xid = '0', id = '0'] = POSITION.exec(after) ?? []
  const horizon = await currentPosition(db)
  const [before = '0'] = horizon.split('-')
  const { rows } =
    await sql<Row>`SELECT xid::text AS xid, id, at, type, organization_id, subject, data FROM event
    WHERE (xid, id) > (${xid}::xid8, ${id}::bigint) AND xid < ${before}::xid8
      AND (${organizationId}::text IS NULL OR organization_id = ${organizationId})
    ORDER BY xid, id LIMIT ${EVENT_PAGE_ROWS}`.execute(db)
  const events = rows.map((row) => ({
    position: `${row.xid}-${row.id}`,
    at: row.at,
    type: row.type,
    organizationId: row.organization_id,
    subject: row.subject,
    data: row.data,
  }))
  const last = events.at(-1)?.position
  const isFull = rows.length === EVENT_PAGE_ROWS && last !== undefined
  return { events, next: isFull ? last : horizon, isHeldUp: await hasEventsFrom(db, before) }
}

export async function deleteOldEvents(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('event').where('at', '<', before).execute()
}
