/** SQL of what gateways measured of models, hour by hour; each gateway adds what it saw since it last said so. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { MeasuredHour, MeasuredModel } from './measure.ts'

const HOUR_MS = 3_600_000

/** Adds to the hour of an instant. */
export async function addMeasures(
  tx: Db,
  measured: readonly MeasuredModel[],
  now: Date,
): Promise<void> {
  const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS)
  // In one order for every gateway, because each is a row that is locked.
  for (const each of measured.toSorted((a, b) => (a.model < b.model ? -1 : 1)))
    await sql`
      INSERT INTO model_measure AS m
        (model_name, hour, first_output_counts, answer_counts, answer_s, output_tokens)
      VALUES (${each.model}, ${hour}, ${arrayText(each.firstOutputCounts)}::integer[],
        ${arrayText(each.answerCounts)}::integer[], ${each.answerS}, ${each.outputTokens})
      ON CONFLICT (model_name, hour) DO UPDATE SET
        first_output_counts = (
          SELECT array_agg(coalesce(t.a, 0) + coalesce(t.b, 0) ORDER BY t.at)
          FROM unnest(m.first_output_counts, excluded.first_output_counts) WITH ORDINALITY AS t (a, b, at)),
        answer_counts = (
          SELECT array_agg(coalesce(t.a, 0) + coalesce(t.b, 0) ORDER BY t.at)
          FROM unnest(m.answer_counts, excluded.answer_counts) WITH ORDINALITY AS t (a, b, at)),
        answer_s = m.answer_s + excluded.answer_s,
        output_tokens = m.output_tokens + excluded.output_tokens`.execute(tx)
}

/** From an hour on, oldest first; of all models, or of one. */
export async function listMeasures(
  db: Db,
  from: Date,
  model?: string,
): Promise<readonly MeasuredHour[]> {
  const query = db.selectFrom('model_measure').selectAll().where('hour', '>=', from)
  const rows = await (model === undefined ? query : query.where('model_name', '=', model))
    .orderBy('hour')
    .execute()
  return rows.map((row) => ({
    model: row.model_name,
    hour: row.hour,
    firstOutputCounts: row.first_output_counts,
    answerCounts: row.answer_counts,
    answerS: row.answer_s,
    outputTokens: Number(row.output_tokens),
  }))
}

export async function deleteOldMeasures(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('model_measure').where('hour', '<', before).execute()
}
