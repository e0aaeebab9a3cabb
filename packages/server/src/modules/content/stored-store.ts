/** SQL of stored prompts and answers. What is kept is held against the project's policy in the same statement. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface StoredRow {
  readonly requestId: string
  readonly organizationId: string
  readonly projectId: string
  readonly apiKeyId: string
  readonly model: string
  readonly dialect: string
  readonly sealed: string
  readonly at: Date
  readonly expiresAt: Date
}

export interface StoredFound extends StoredRow {
  readonly bytes: number
}

function toRow(row: Selectable<Schema['stored_content']>): StoredFound {
  return {
    requestId: row.request_id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    model: row.model,
    dialect: row.dialect,
    sealed: row.sealed,
    bytes: row.bytes,
    at: row.at,
    expiresAt: row.expires_at,
  }
}

/** Stored for the days that the policy says at this moment, and not at all where it says none. */
export async function insertStored(db: Db, row: Omit<StoredRow, 'expiresAt'>): Promise<void> {
  await sql`
    INSERT INTO stored_content (request_id, organization_id, project_id, api_key_id, model, dialect,
      sealed, bytes, at, expires_at)
    SELECT ${row.requestId}, p.organization_id, p.project_id, ${row.apiKeyId}, ${row.model},
      ${row.dialect}, ${row.sealed}, ${row.sealed.length}, ${row.at},
      ${row.at}::timestamptz + make_interval(days => p.stored_days)
    FROM content_policy p
    WHERE p.project_id = ${row.projectId} AND p.stored_days IS NOT NULL
    FOR SHARE OF p
    ON CONFLICT DO NOTHING`.execute(db)
}

interface Whose {
  readonly organizationId: string
  readonly requestId: string
}

export async function findStored(
  db: Db,
  { organizationId, requestId, now }: Whose & { now: Date },
) {
  const row = await db
    .selectFrom('stored_content')
    .selectAll()
    .where('request_id', '=', requestId)
    .where('organization_id', '=', organizationId)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row === undefined ? null : toRow(row)
}

export interface Page {
  readonly projectId: string
  readonly now: Date
  /** The request after which it goes on. */
  readonly cursor: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function selectStored(db: Db, { projectId, now, cursor, limit }: Page) {
  const rows = await db
    .selectFrom('stored_content')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('expires_at', '>', now)
    .$if(cursor !== undefined, (query) =>
      query.where(
        sql<boolean>`(at, request_id) <
          (SELECT at, request_id FROM stored_content WHERE request_id = ${cursor ?? ''})`,
      ),
    )
    .orderBy('at', 'desc')
    .orderBy('request_id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}

/** How many were deleted. */
export async function deleteStored(
  db: Db,
  which: Whose | { readonly projectId: string } | { readonly expiredAt: Date },
): Promise<number> {
  const all = db.deleteFrom('stored_content')
  const query =
    'requestId' in which
      ? all
          .where('request_id', '=', which.requestId)
          .where('organization_id', '=', which.organizationId)
      : 'projectId' in which
        ? all.where('project_id', '=', which.projectId)
        : all.where('expires_at', '<=', which.expiredAt)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

/** What is stored already is stored no longer than the new days say. */
export async function shortenStored(
  tx: Db,
  { projectId, days }: { readonly projectId: string; readonly days: number },
): Promise<void> {
  await sql`
    UPDATE stored_content SET expires_at = at + make_interval(days => ${days})
    WHERE project_id = ${projectId} AND expires_at > at + make_interval(days => ${days})`.execute(
    tx,
  )
}

/** Takes the oldest away, as far as they are beyond the project's room. */
export async function crowdStored(
  db: Db,
  { projectId, bytesMax }: { readonly projectId: string; readonly bytesMax: number },
): Promise<void> {
  await sql`
    DELETE FROM stored_content WHERE request_id IN (
      SELECT request_id FROM (
        SELECT request_id, sum(bytes) OVER (ORDER BY at DESC, request_id) AS total
        FROM stored_content WHERE project_id = ${projectId}
      ) AS newer WHERE total > ${bytesMax})`.execute(db)
}
