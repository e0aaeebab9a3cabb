/** SQL of how requests came to be answered: beside their usage, written with it, and gone sooner. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { UsageEvent } from './usage-event.ts'

/** Keeps what new events say of themselves. */
export async function insertDetails(db: Db, events: readonly UsageEvent[]): Promise<void> {
  const told = events.filter(({ detail }) => detail !== undefined)
  if (told.length === 0) return
  await sql`
    INSERT INTO usage_detail (id, at, detail)
    SELECT t.id, t.at, t.detail FROM unnest(
      ${arrayText(told.map(({ id }) => id))}::uuid[],
      ${arrayText(told.map(({ from }) => from.toISOString()))}::timestamptz[],
      ${arrayText(told.map(({ detail = '' }) => detail))}::jsonb[]
    ) AS t (id, at, detail)
    ON CONFLICT DO NOTHING`.execute(db)
}

/** Forgets how requests before an instant were answered. What they cost stays. */
export async function deleteOldDetails(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('usage_detail').where('at', '<', before).execute()
}
