/** SQL of the request log. Lines are added as their writers made them, and read by project. */
import type { RequestFilters, RequestOutcome, RequestTry } from '@spillway/contract'
import { type RawBuilder, sql } from 'kysely'
import { money } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { RequestTotal } from './exposition.ts'
import type { RequestLine } from './log-line.ts'
import type { Omission } from './waiting-lines.ts'

/** False: none of them can be kept as they are. */
export async function insertLines(db: Db, lines: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{
    kept: boolean
  }>`SELECT keep_requests(${`[${lines.join(',')}]`}) AS kept`.execute(db)
  return rows[0]?.kept === true
}

/** Counts requests that have no line, by the minute. In the order of keys, so that writers queue up. */
export async function addOmissions(
  db: Db,
  omitted: readonly Omission[],
  minute: Date,
): Promise<void> {
  const sorted = omitted.toSorted((a, b) => (a.projectId < b.projectId ? -1 : 1))
  await sql`
    INSERT INTO request_omission AS o (project_id, organization_id, minute, requests)
    SELECT t.project_id, t.organization_id, ${minute}, t.requests FROM unnest(
      ${arrayText(sorted.map(({ projectId }) => projectId))}::text[],
      ${arrayText(sorted.map(({ organizationId }) => organizationId))}::text[],
      ${arrayText(sorted.map(({ requests }) => requests))}::bigint[]
    ) AS t (project_id, organization_id, requests)
    ON CONFLICT (project_id, minute) DO UPDATE SET requests = o.requests + excluded.requests`.execute(
    db,
  )
  await sql`
    INSERT INTO request_total AS t (project_id, model, outcome, requests)
    SELECT s.project_id, '', 'omitted', s.requests FROM unnest(
      ${arrayText(sorted.map(({ projectId }) => projectId))}::text[],
      ${arrayText(sorted.map(({ requests }) => requests))}::bigint[]
    ) AS s (project_id, requests)
    ON CONFLICT (project_id, model, outcome) DO UPDATE SET requests = t.requests + excluded.requests`.execute(
    db,
  )
}

/** Sums of all that was ever kept of a project. */
export async function selectTotals(db: Db, projectId: string): Promise<readonly RequestTotal[]> {
  const rows = await db
    .selectFrom('request_total')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('model')
    .orderBy('outcome')
    .execute()
  return rows.map((row) => ({
    ...{ model: row.model, outcome: row.outcome, requests: Number(row.requests) },
    tokens: {
      input: Number(row.input_tokens),
      output: Number(row.output_tokens),
      cached_input: Number(row.cached_input_tokens),
      cache_write: Number(row.cache_write_tokens),
      reasoning: Number(row.reasoning_tokens),
    },
    cost: money(row.cost),
    duration: { ms: Number(row.duration_ms), counts: row.duration_counts.map(Number) },
    firstOutputs: Number(row.first_outputs),
    firstOutput: { ms: Number(row.first_output_ms), counts: row.first_output_counts.map(Number) },
  }))
}

/** Whose requests: null, all. */
export interface Scope {
  readonly projectId: string | null
}

export interface Span {
  readonly from: Date
  readonly to: Date
}

export interface LogPage extends Span {
  readonly scope: Scope
  readonly filters: RequestFilters
  readonly id: string | undefined
  /** Before this one, in the order of the list. */
  readonly before: { readonly at: Date; readonly id: string } | null
  readonly limit: number
}

/** A line as it is read. */
export interface KeptLine extends RequestLine {
  readonly position: string
}

interface Row {
  readonly id: string
  readonly at: Date
  readonly organization_id: string
  readonly project_id: string
  readonly api_key_id: string
  readonly end_user: string | null
  readonly dialect: string
  readonly is_stream: boolean
  readonly model_asked: string | null
  readonly model: string | null
  readonly outcome: string
  readonly status: number
  readonly error_code: string | null
  readonly input_tokens: bigint | string
  readonly output_tokens: bigint | string
  readonly cached_input_tokens: bigint | string
  readonly cache_write_tokens: bigint | string
  readonly reasoning_tokens: bigint | string
  readonly cost: string
  readonly first_output_ms: number | null
  readonly duration_ms: number
  readonly is_cached: boolean
  readonly guardrails: string | null
  readonly route_version: number | null
  readonly tries: readonly RequestTry[]
  readonly position: string
}

const COLUMNS = sql`id, at, organization_id, project_id, api_key_id, end_user, dialect, is_stream, model_asked, model,
  outcome, status, error_code, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
  cost::text AS cost, first_output_ms, duration_ms, is_cached, guardrails, route_version, tries,
  xid::text || '-' || number AS position`

/** Newest first. */
export async function selectLines(db: Db, page: LogPage): Promise<readonly KeptLine[]> {
  const { scope, filters, id, before, from, to, limit } = page
  const conditions = [
    ...conditionsOf(scope, filters),
    sql`at >= ${from} AND at <= ${to}`,
    ...(id === undefined ? [] : [sql`id = ${id}`]),
    ...(before === null ? [] : [sql`(at, id) < (${before.at}, ${before.id})`]),
  ]
  const { rows } = await sql<Row>`SELECT ${COLUMNS} FROM request WHERE ${and(conditions)}
    ORDER BY at DESC, id DESC LIMIT ${limit}`.execute(db)
  return rows.map(toLine)
}

/** How many requests of a time have no line. */
export async function countOmitted(
  db: Db,
  { projectId }: Scope,
  { from, to }: Span,
): Promise<number> {
  const { rows } = await sql<{ requests: string }>`
    SELECT coalesce(sum(requests), 0)::text AS requests FROM request_omission
    WHERE (${projectId}::text IS NULL OR project_id = ${projectId})
      AND minute > ${from}::timestamptz - interval '1 minute' AND minute <= ${to}`.execute(db)
  return Number(rows[0]?.requests ?? 0)
}

const POSITION = /^(\d{1,20})-(\d{1,19})$/

/** Whether text has the form of a position. */
export function isPosition(text: string): boolean {
  return POSITION.test(text)
}

/** The position after which everything is still to come: no older transaction runs that could add before it. */
export async function currentPosition(db: Db): Promise<string> {
  const { rows } = await sql<{
    xid: string
  }>`SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid`.execute(db)
  return `${rows[0]?.xid ?? '0'}-0`
}

export interface NewsWanted {
  readonly scope: Scope
  readonly filters: RequestFilters
  readonly after: string
  readonly limit: number
}

export interface News {
  /** The newest, oldest first. */
  readonly lines: readonly KeptLine[]
  /** How many before them were left out. */
  readonly skipped: number
  /** Where to go on from. */
  readonly next: string
}

/** What was written after a position; a reader who fell behind gets the newest of it and the number of the others. */
export async function selectNews(db: Db, wanted: NewsWanted): Promise<News> {
  const { scope, filters, after, limit } = wanted
  const [, xid = '0', number = '0'] = POSITION.exec(after) ?? []
  const next = await currentPosition(db)
  const [horizon = '0'] = next.split('-')
  const where = and([
    sql`(xid, number) > (${xid}::xid8, ${number}::bigint) AND xid < ${horizon}::xid8`,
    ...conditionsOf(scope, filters),
  ])
  const { rows } = await sql<Row>`SELECT ${COLUMNS} FROM request WHERE ${where}
    ORDER BY xid DESC, number DESC LIMIT ${limit + 1}`.execute(db)
  if (rows.length <= limit) return { lines: rows.toReversed().map(toLine), skipped: 0, next }
  const { rows: counted } = await sql<{
    total: string
  }>`SELECT count(*)::text AS total FROM request WHERE ${where}`.execute(db)
  const lines = rows.slice(0, limit).toReversed().map(toLine)
  return { lines, skipped: Math.max(1, Number(counted[0]?.total ?? 0) - limit), next }
}

/** Forgets lines before an instant. What requests cost stays. */
export async function deleteOldRequests(db: Db, before: Date): Promise<void> {
  await sql`DELETE FROM request WHERE at < ${before}`.execute(db)
  await sql`DELETE FROM request_omission WHERE minute < ${before}`.execute(db)
}

type Condition = RawBuilder<unknown>

function and(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` AND `)
}

function conditionsOf({ projectId }: Scope, filters: RequestFilters): Condition[] {
  const { organizationId, model, apiKeyId, endUser, outcome, errorCode } = filters
  const { status, slowerThanMs, costAtLeastUsd } = filters
  return [
    projectId !== null && sql`project_id = ${projectId}`,
    organizationId !== undefined && sql`organization_id = ${organizationId}`,
    model !== undefined && sql`(model = ${model} OR model_asked = ${model})`,
    apiKeyId !== undefined && sql`api_key_id = ${apiKeyId}`,
    endUser !== undefined && sql`end_user = ${endUser}`,
    outcome !== undefined && sql`outcome = ${outcome}`,
    errorCode !== undefined && sql`error_code = ${errorCode}`,
    status !== undefined && statusIs(status),
    slowerThanMs !== undefined && sql`duration_ms >= ${slowerThanMs}`,
    costAtLeastUsd !== undefined && sql`cost >= ${costAtLeastUsd}::numeric`,
  ].filter((each) => each !== false)
}

function statusIs(status: string): Condition {
  const least = Number(status.replace('xx', '00'))
  const most = Number(status.replace('xx', '99'))
  return sql`status BETWEEN ${least} AND ${most}`
}

function toLine(row: Row): KeptLine {
  return {
    ...{ id: row.id, at: row.at, position: row.position, dialect: row.dialect },
    ...{ organizationId: row.organization_id, projectId: row.project_id },
    ...{ apiKeyId: row.api_key_id, endUser: row.end_user, isStream: row.is_stream },
    ...{ modelAsked: row.model_asked, model: row.model, status: row.status },
    outcome: row.outcome as RequestOutcome,
    errorCode: row.error_code,
    tokens: {
      inputTokens: Number(row.input_tokens),
      outputTokens: Number(row.output_tokens),
      cachedInputTokens: Number(row.cached_input_tokens),
      cacheWriteTokens: Number(row.cache_write_tokens),
      reasoningTokens: Number(row.reasoning_tokens),
    },
    cost: money(row.cost),
    ...{ firstOutputMs: row.first_output_ms, durationMs: row.duration_ms },
    ...{ isCached: row.is_cached, guardrails: row.guardrails, tries: row.tries },
    routeVersion: row.route_version,
  }
}
