/** SQL of how far each writer's journal has been posted. Moved only from where the mover believed it to be. */
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Position } from './journal-segment.ts'

export interface PostedPosition extends Position {
  /** The writer is gone and everything of it is posted. */
  readonly isClosed: boolean
}

export async function findPosition(db: Db, writer: string): Promise<PostedPosition | null> {
  const row = await db
    .selectFrom('journal_position')
    .select(['segment', 'byte_offset', 'is_closed'])
    .where('writer', '=', writer)
    .executeTakeFirst()
  if (row === undefined) return null
  return {
    segment: row.segment,
    byteOffset: Number(row.byte_offset),
    isClosed: row.is_closed,
  }
}

export interface PositionMove {
  readonly writer: string
  /** Null when nothing was posted yet. */
  readonly from: Position | null
  readonly to: PostedPosition
  readonly now: Date
}

/** False when the position is not at `from`: somebody else posts this journal as well. */
export async function movePosition(
  db: Db,
  { writer, from, to, now }: PositionMove,
): Promise<boolean> {
  const values = {
    segment: to.segment,
    byte_offset: to.byteOffset,
    is_closed: to.isClosed,
    at: now,
  }
  const { rows } =
    from === null
      ? await sql`
          INSERT INTO journal_position (writer, segment, byte_offset, is_closed, at)
          VALUES (${writer}, ${values.segment}, ${values.byte_offset}, ${values.is_closed}, ${values.at})
          ON CONFLICT DO NOTHING RETURNING writer`.execute(db)
      : await sql`
          UPDATE journal_position SET segment = ${values.segment}, byte_offset = ${values.byte_offset},
            is_closed = ${values.is_closed}, at = ${values.at}
          WHERE writer = ${writer} AND segment = ${from.segment} AND byte_offset = ${from.byteOffset}
            AND NOT is_closed
          RETURNING writer`.execute(db)
  return rows.length === 1
}
