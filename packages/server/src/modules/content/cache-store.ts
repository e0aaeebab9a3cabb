/**
 * SQL of cached answers. Whatever is read or written is held against the project's policy in the same statement, so
 * that an answer of before a purge, or of after the cache was turned off, is neither given nor kept.
 */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'

export interface CachedRow {
  readonly id: string
  readonly projectId: string
  readonly generation: string
  readonly model: string
  readonly requestId: string
  readonly sealed: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly madeAt: Date
  readonly expiresAt: Date
}

export interface CachedFound {
  readonly sealed: string
  readonly request_id: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly made_at: Date
}

export async function insertCached(db: Db, row: CachedRow): Promise<void> {
  await sql`
    INSERT INTO cached_answer (id, project_id, generation, model, request_id, sealed, bytes,
      input_tokens, output_tokens, made_at, expires_at, used_at)
    SELECT ${row.id}, p.project_id, p.generation, ${row.model}, ${row.requestId}, ${row.sealed},
      ${row.sealed.length}, ${row.inputTokens}, ${row.outputTokens}, ${row.madeAt}, ${row.expiresAt},
      ${row.madeAt}
    FROM content_policy p
    WHERE p.project_id = ${row.projectId} AND p.generation = ${row.generation} AND p.cache <> 'off'
    FOR SHARE OF p
    ON CONFLICT (id) DO UPDATE SET request_id = excluded.request_id, sealed = excluded.sealed,
      bytes = excluded.bytes, input_tokens = excluded.input_tokens,
      output_tokens = excluded.output_tokens, made_at = excluded.made_at,
      expires_at = excluded.expires_at, used_at = excluded.used_at`.execute(db)
}

export async function findCached(
  db: Db,
  { id, projectId, now }: { readonly id: string; readonly projectId: string; readonly now: Date },
): Promise<CachedFound | null> {
  const { rows } = await sql<CachedFound>`
    SELECT c.sealed, c.request_id, c.input_tokens, c.output_tokens, c.made_at
    FROM cached_answer c JOIN content_policy p
      ON p.project_id = c.project_id AND p.generation = c.generation AND p.cache <> 'off'
    WHERE c.id = ${id} AND c.project_id = ${projectId} AND c.expires_at > ${now}`.execute(db)
  return rows[0] ?? null
}

export async function touchCached(db: Db, ids: readonly string[], now: Date): Promise<void> {
  await sql`
    UPDATE cached_answer SET used_at = ${now}
    WHERE id = ANY(${arrayText(ids)}::text[])`.execute(db)
}

/** Takes away what was not used for the longest, as far as it is beyond the project's room. */
export async function evictCached(
  db: Db,
  bounds: {
    readonly projectId: string
    readonly bytesMax: number
    readonly answersMax: number
  },
): Promise<void> {
  await sql`
    DELETE FROM cached_answer WHERE id IN (
      SELECT id FROM (
        SELECT id, sum(bytes) OVER newest AS total, count(*) OVER newest AS number
        FROM cached_answer WHERE project_id = ${bounds.projectId}
        WINDOW newest AS (ORDER BY used_at DESC, id)
      ) AS newer WHERE total > ${bounds.bytesMax} OR number > ${bounds.answersMax})`.execute(db)
}

/** All of a project, or all whose time is over. */
export async function deleteCached(
  db: Db,
  which: { readonly projectId: string } | { readonly expiredAt: Date },
): Promise<number> {
  const all = db.deleteFrom('cached_answer')
  const query =
    'projectId' in which
      ? all.where('project_id', '=', which.projectId)
      : all.where('expires_at', '<=', which.expiredAt)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

export interface CacheCount {
  readonly projectId: string
  readonly hits: number
  readonly misses: number
  readonly hitTokens: number
}

export async function addCounts(db: Db, counts: readonly CacheCount[], at: Date): Promise<void> {
  const ordered = counts.toSorted((a, b) => (a.projectId < b.projectId ? -1 : 1))
  await sql`
    INSERT INTO cache_day (project_id, day, hits, misses, hit_tokens)
    SELECT t.project_id, (${at}::timestamptz AT TIME ZONE 'UTC')::date, t.hits, t.misses, t.tokens
    FROM unnest(
      ${arrayText(ordered.map(({ projectId }) => projectId))}::text[],
      ${arrayText(ordered.map(({ hits }) => hits))}::bigint[],
      ${arrayText(ordered.map(({ misses }) => misses))}::bigint[],
      ${arrayText(ordered.map(({ hitTokens }) => hitTokens))}::bigint[]
    ) AS t (project_id, hits, misses, tokens)
    ON CONFLICT (project_id, day) DO UPDATE SET hits = cache_day.hits + excluded.hits,
      misses = cache_day.misses + excluded.misses,
      hit_tokens = cache_day.hit_tokens + excluded.hit_tokens`.execute(db)
}

export interface CacheDay {
  readonly day: string
  readonly hits: number
  readonly misses: number
  readonly hitTokens: number
}

export async function selectDays(
  db: Db,
  { projectId, since }: { readonly projectId: string; readonly since: Date },
): Promise<readonly CacheDay[]> {
  const { rows } = await sql<{ day: string; hits: string; misses: string; tokens: string }>`
    SELECT day::text, hits::text, misses::text, hit_tokens::text AS tokens FROM cache_day
    WHERE project_id = ${projectId} AND day >= (${since}::timestamptz AT TIME ZONE 'UTC')::date
    ORDER BY day`.execute(db)
  return rows.map(({ day, hits, misses, tokens }) => ({
    ...{ day, hits: Number(hits), misses: Number(misses), hitTokens: Number(tokens) },
  }))
}

export async function sizeOfCache(
  db: Db,
  { projectId, now }: { readonly projectId: string; readonly now: Date },
): Promise<{ readonly answers: number; readonly bytes: number }> {
  const { rows } = await sql<{ answers: string; bytes: string }>`
    SELECT count(*)::text AS answers, coalesce(sum(bytes), 0)::text AS bytes FROM cached_answer
    WHERE project_id = ${projectId} AND expires_at > ${now}`.execute(db)
  return { answers: Number(rows[0]?.answers ?? 0), bytes: Number(rows[0]?.bytes ?? 0) }
}

export async function deleteDaysBefore(db: Db, before: Date): Promise<void> {
  await sql`DELETE FROM cache_day WHERE day < (${before}::timestamptz)::date`.execute(db)
}
