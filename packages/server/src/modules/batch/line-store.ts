/** SQL of the lines of batches: who answers which, and what came of it. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { BatchCounts, BatchTokens, Unanswered } from './batch.ts'

export interface NewLine {
  readonly number: number
  readonly customId: string
  readonly offset: number
  readonly length: number
}

/** A line that is somebody's to answer, until its claim is over. */
export interface ClaimedLine extends NewLine {
  readonly batchId: string
  readonly claim: string
  readonly failures: number
}

export interface LineEnd {
  readonly state: 'done' | 'failed'
  readonly result: string
  readonly tokens: BatchTokens
}

/** Which line, by whose claim. */
export type Claim = Pick<ClaimedLine, 'batchId' | 'number' | 'claim'>

export async function insertLines(
  db: Db,
  batchId: string,
  lines: readonly NewLine[],
): Promise<void> {
  await sql`
    INSERT INTO batch_line (batch_id, number, custom_id, byte_offset, byte_length)
    SELECT ${batchId}, t.* FROM unnest(
      ${arrayText(lines.map(({ number }) => number))}::integer[],
      ${arrayText(lines.map(({ customId }) => customId))}::text[],
      ${arrayText(lines.map(({ offset }) => offset))}::bigint[],
      ${arrayText(lines.map(({ length }) => length))}::integer[]
    ) AS t`.execute(db)
}

interface ClaimRow {
  readonly number: number
  readonly custom_id: string
  readonly byte_offset: bigint
  readonly byte_length: number
  readonly failures: number
}

/** The next lines of a batch that nobody answers. Others who look at once get others. */
export async function claimLines(
  db: Db,
  batchId: string,
  wish: {
    readonly count: number
    readonly claim: string
    readonly now: Date
    readonly until: Date
  },
): Promise<readonly ClaimedLine[]> {
  const { count, claim, now, until } = wish
  const { rows } = await sql<ClaimRow>`
    UPDATE batch_line l SET state = 'running', claim = ${claim}, claimed_until = ${until}::timestamptz
    FROM (
      SELECT o.number FROM batch_line o
      WHERE o.batch_id = ${batchId} AND o.state IN ('waiting', 'running')
        AND (o.state = 'waiting' OR o.claimed_until < ${now}::timestamptz)
        AND EXISTS (SELECT FROM batch b WHERE b.id = ${batchId} AND b.state = 'in_progress')
      ORDER BY o.number LIMIT ${count} FOR UPDATE SKIP LOCKED
    ) AS next
    WHERE l.batch_id = ${batchId} AND l.number = next.number
    RETURNING l.number, l.custom_id, l.byte_offset, l.byte_length, l.failures`.execute(db)
  return rows.map((row) => ({
    batchId,
    claim,
    number: row.number,
    customId: row.custom_id,
    offset: Number(row.byte_offset),
    length: row.byte_length,
    failures: row.failures,
  }))
}

/** Claims that go on; the others are lost: their batch is closing, or somebody else took them. */
export async function renewClaims(
  db: Db,
  claims: readonly string[],
  until: Date,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ claim: string }>`
    WITH renewed AS (
      UPDATE batch_line l SET claimed_until = ${until}::timestamptz
      FROM batch b
      WHERE l.claim = ANY (${arrayText(claims)}::text[]) AND l.state = 'running'
        AND b.id = l.batch_id AND b.state = 'in_progress'
      RETURNING l.claim
    ) SELECT DISTINCT claim FROM renewed`.execute(db)
  return new Set(rows.map(({ claim }) => claim))
}

/** Whether the line was this claim's to end; the same end may be said again. */
export async function endLine(
  db: Db,
  line: Claim,
  end: LineEnd,
): Promise<'ended' | 'repeated' | 'lost'> {
  const { batchId, number, claim } = line
  const { state, result, tokens } = end
  const { rows } = await sql<{ number: number }>`
    UPDATE batch_line SET state = ${state}, result = ${result}, claimed_until = NULL,
      input_tokens = ${tokens.input}, cached_tokens = ${tokens.cached},
      output_tokens = ${tokens.output}, reasoning_tokens = ${tokens.reasoning}
    WHERE batch_id = ${batchId} AND number = ${number} AND state = 'running' AND claim = ${claim}
    RETURNING number`.execute(db)
  if (rows.length > 0) return 'ended'
  const row = await db
    .selectFrom('batch_line')
    .select(['state', 'claim'])
    .where('batch_id', '=', batchId)
    .where('number', '=', number)
    .executeTakeFirst()
  return row?.state === state && row.claim === claim ? 'repeated' : 'lost'
}

/** It is anybody's again. */
export async function releaseLine(
  db: Db,
  { batchId, number, claim }: Claim,
  { isFailure }: { readonly isFailure: boolean },
): Promise<void> {
  await sql`
    UPDATE batch_line SET state = 'waiting', claim = NULL, claimed_until = NULL,
      failures = failures + ${isFailure ? 1 : 0}
    WHERE batch_id = ${batchId} AND number = ${number} AND state = 'running'
      AND claim = ${claim}`.execute(db)
}

/** Lines that have no end yet, and those of them that somebody answers at this moment. */
export async function countOpenLines(
  db: Db,
  batchId: string,
  now: Date,
): Promise<{ readonly open: number; readonly running: number }> {
  const { rows } = await sql<{ open: number; running: number }>`
    SELECT count(*)::integer AS open,
      (count(*) FILTER (WHERE state = 'running' AND claimed_until > ${now}::timestamptz))::integer AS running
    FROM batch_line WHERE batch_id = ${batchId} AND state IN ('waiting', 'running')`.execute(db)
  return rows[0] ?? { open: 0, running: 0 }
}

/** What nobody answered is not answered any more. */
export async function closeLines(db: Db, batchId: string, as: Unanswered): Promise<void> {
  await sql`
    UPDATE batch_line SET state = ${as}, claim = NULL, claimed_until = NULL
    WHERE batch_id = ${batchId} AND state IN ('waiting', 'running')`.execute(db)
}

export interface LineSums extends BatchCounts {
  readonly tokens: BatchTokens
}

/** Of batches, as their lines are now. */
export async function sumLines(
  db: Db,
  batchIds: readonly string[],
): Promise<ReadonlyMap<string, LineSums>> {
  if (batchIds.length === 0) return new Map()
  const { rows } = await sql<
    Record<'completed' | 'failed', number> & {
      batch_id: string
      input: string
      cached: string
      output: string
      reasoning: string
    }
  >`
    SELECT batch_id, (count(*) FILTER (WHERE state = 'done'))::integer AS completed,
      (count(*) FILTER (WHERE state IN ('failed', 'expired', 'cancelled')))::integer AS failed,
      sum(input_tokens)::text AS input, sum(cached_tokens)::text AS cached,
      sum(output_tokens)::text AS output, sum(reasoning_tokens)::text AS reasoning
    FROM batch_line WHERE batch_id = ANY (${arrayText(batchIds)}::text[]) GROUP BY batch_id`.execute(
    db,
  )
  return new Map(
    rows.map(({ batch_id, completed, failed, input, cached, output, reasoning }) => [
      batch_id,
      {
        completed,
        failed,
        tokens: {
          input: Number(input),
          cached: Number(cached),
          output: Number(output),
          reasoning: Number(reasoning),
        },
      },
    ]),
  )
}

export interface EndedLine {
  readonly number: number
  readonly customId: string
  readonly state: 'done' | 'failed' | Unanswered
  readonly result: string | null
}

/** The next lines behind one, in the file's order. */
export async function listEndedLines(
  db: Db,
  batchId: string,
  page: { readonly isDone: boolean; readonly after: number; readonly limit: number },
): Promise<readonly EndedLine[]> {
  const { rows } = await sql<{
    number: number
    custom_id: string
    state: EndedLine['state']
    result: string | null
  }>`
    SELECT number, custom_id, state, result FROM batch_line
    WHERE batch_id = ${batchId} AND number > ${page.after} AND (state = 'done') = ${page.isDone}
    ORDER BY number LIMIT ${page.limit}`.execute(db)
  return rows.map(({ custom_id, ...row }) => ({ ...row, customId: custom_id }))
}

/** What is in the files now need not be kept twice. */
export async function clearResults(db: Db, batchId: string): Promise<void> {
  await sql`UPDATE batch_line SET result = NULL WHERE batch_id = ${batchId}`.execute(db)
}

/** Lines of batches that were over before an instant. */
export async function removeOldLines(db: Db, before: Date): Promise<void> {
  await sql`
    DELETE FROM batch_line USING batch b
    WHERE b.id = batch_line.batch_id AND b.ended_at < ${before}::timestamptz`.execute(db)
}
