/** SQL of reconciliation: the last run of each pool, and the cases that it found. */
import type { CaseKind } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import { type IdSource, newId } from '#kernel/ids.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { FoundCase } from './cases.ts'

export interface Run {
  readonly pool: string
  readonly engine: string
  readonly startedAt: Date
  readonly durationMs: number
  readonly outcome: 'compared' | 'engine_unreachable'
  readonly text: string | null
  readonly counts: Readonly<Record<string, number>>
}

export interface SavedRun extends Run {
  readonly comparedAt: Date | null
}

/** Keeps the instant of the last full comparison when this one could not be made. */
export async function saveRun(tx: Db, run: Run): Promise<void> {
  const { pool, engine, startedAt, durationMs, outcome, text } = run
  const comparedAt = outcome === 'compared' ? startedAt : null
  const counts = JSON.stringify(run.counts)
  await sql`INSERT INTO reconciliation_run
      (pool_name, engine, started_at, duration_ms, outcome, text, compared_at, counts)
    VALUES (${pool}, ${engine}, ${startedAt}, ${durationMs}, ${outcome}, ${text}, ${comparedAt}, ${counts})
    ON CONFLICT (pool_name) DO UPDATE SET
      engine = excluded.engine, started_at = excluded.started_at, duration_ms = excluded.duration_ms,
      outcome = excluded.outcome, text = excluded.text,
      compared_at = coalesce(excluded.compared_at, reconciliation_run.compared_at),
      counts = CASE WHEN excluded.outcome = 'compared' THEN excluded.counts ELSE reconciliation_run.counts END`.execute(
    tx,
  )
}

export async function listRuns(db: Db): Promise<readonly SavedRun[]> {
  const rows = await db.selectFrom('reconciliation_run').selectAll().orderBy('pool_name').execute()
  return rows.map((row) => ({
    pool: row.pool_name,
    engine: row.engine,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome as Run['outcome'],
    text: row.text,
    comparedAt: row.compared_at,
    counts: row.counts as Record<string, number>,
  }))
}

export interface SavedCase extends FoundCase {
  readonly id: string
  readonly pool: string
  readonly openedAt: Date
  readonly seenAt: Date
  readonly closedAt: Date | null
}

function toCase(row: Selectable<Schema['reconciliation_case']>): SavedCase {
  return {
    id: row.id,
    pool: row.pool_name,
    kind: row.kind as CaseKind,
    subject: row.subject,
    text: row.text,
    data: row.data as Record<string, unknown>,
    openedAt: row.opened_at,
    seenAt: row.seen_at,
    closedAt: row.closed_at,
  }
}

export interface CaseFilter {
  readonly pool?: string | undefined
  readonly kind?: CaseKind | undefined
  readonly open?: boolean | undefined
  /** Only cases older than this one; ids are in time order. */
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listCases(db: Db, filter: CaseFilter): Promise<readonly SavedCase[]> {
  let query = db
    .selectFrom('reconciliation_case')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(filter.limit)
  if (filter.pool !== undefined) query = query.where('pool_name', '=', filter.pool)
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
  if (filter.open !== undefined)
    query = query.where('closed_at', filter.open ? 'is' : 'is not', null)
  if (filter.cursor !== undefined) query = query.where('id', '<', filter.cursor)
  return (await query.execute()).map(toCase)
}

/** Reads the open cases alone; how many there ever were is kept as they are entered. */
export async function countCases(
  db: Db,
): Promise<readonly { pool: string; kind: CaseKind; open: number; total: number }[]> {
  const { rows } = await sql<{ pool_name: string; kind: CaseKind; open: bigint; total: bigint }>`
    SELECT pool_name, kind, coalesce(standing.open, 0) AS open, total
    FROM reconciliation_count LEFT JOIN (
      SELECT pool_name, kind, count(*) AS open FROM reconciliation_case
      WHERE closed_at IS NULL GROUP BY pool_name, kind
    ) AS standing USING (pool_name, kind)
    ORDER BY pool_name, kind`.execute(db)
  return rows.map((row) => ({
    pool: row.pool_name,
    kind: row.kind,
    open: Number(row.open),
    total: Number(row.total),
  }))
}

interface Context {
  readonly pool: string
  readonly now: Date
  readonly ids: IdSource
}

async function addToTotals(tx: Db, pool: string, opened: readonly FoundCase[]): Promise<void> {
  if (opened.length === 0) return
  await sql`INSERT INTO reconciliation_count (pool_name, kind, total)
    SELECT ${pool}, kind, count(*) FROM unnest(${opened.map(({ kind }) => kind)}::text[]) AS new (kind)
    GROUP BY kind ORDER BY kind
    ON CONFLICT (pool_name, kind)
      DO UPDATE SET total = reconciliation_count.total + excluded.total`.execute(tx)
}

/** Enters cases that are not open yet and notes that the others were seen again. Returns the new ones. */
export async function openCases(
  tx: Db,
  found: readonly FoundCase[],
  { pool, now, ids }: Context,
): Promise<readonly FoundCase[]> {
  if (found.length === 0) return []
  const column = <T>(of: (each: FoundCase) => T) => found.map(of)
  const { rows } = await sql<{ kind: string; subject: string; is_new: boolean }>`
    INSERT INTO reconciliation_case (id, pool_name, kind, subject, text, data, opened_at, seen_at)
    SELECT id, ${pool}, kind, subject, text, data::jsonb, ${now}::timestamptz, ${now}::timestamptz
    FROM unnest(
      ${column(() => newId('reconciliationCase', ids))}::text[], ${column((each) => each.kind)}::text[],
      ${column((each) => each.subject)}::text[], ${column((each) => each.text)}::text[],
      ${column((each) => JSON.stringify(each.data))}::text[]
    ) AS new (id, kind, subject, text, data)
    ON CONFLICT (pool_name, kind, subject) WHERE closed_at IS NULL
      DO UPDATE SET text = excluded.text, data = excluded.data, seen_at = excluded.seen_at
    RETURNING kind, subject, (xmax = 0) AS is_new`.execute(tx)
  const isNew = new Set(rows.filter((row) => row.is_new).map((row) => `${row.kind} ${row.subject}`))
  const opened = found.filter((each) => isNew.has(`${each.kind} ${each.subject}`))
  await addToTotals(tx, pool, opened)
  return opened
}

/** Closes the open cases of some kinds that were not seen at `now`. Returns them. */
export async function closeCasesUnseen(
  tx: Db,
  kinds: readonly CaseKind[],
  { pool, now }: Omit<Context, 'ids'>,
): Promise<readonly SavedCase[]> {
  const rows = await tx
    .updateTable('reconciliation_case')
    .set({ closed_at: now })
    .where('pool_name', '=', pool)
    .where('kind', 'in', [...kinds])
    .where('closed_at', 'is', null)
    .where('seen_at', '<', now)
    .returningAll()
    .execute()
  return rows.map(toCase)
}
