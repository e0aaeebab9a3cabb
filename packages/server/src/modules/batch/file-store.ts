/** SQL of files and of the chunks in which they lie. */
import type { FilePurpose } from '@spillway/contract'
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import { FILE_CHUNK_BYTES } from '../../limits.ts'
import type { StoredFile } from './stored-file.ts'

export type NewFile = Omit<StoredFile, 'size'> & { readonly state: 'uploading' | 'ready' }

export interface Page {
  readonly projectId: string
  readonly limit: number
  /** What comes behind this one. */
  readonly after?: string | undefined
  readonly order?: 'asc' | 'desc'
}

const COLUMNS = [
  ...(['id', 'organization_id', 'project_id', 'purpose', 'name', 'size'] as const),
  ...(['created_at', 'expires_at'] as const),
] as const

interface Row {
  readonly id: string
  readonly organization_id: string
  readonly project_id: string
  readonly purpose: string
  readonly name: string
  readonly size: bigint
  readonly created_at: Date
  readonly expires_at: Date
}

function toFile(row: Row): StoredFile {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    purpose: row.purpose as FilePurpose,
    name: row.name,
    size: Number(row.size),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

export async function insertFile(db: Db, file: NewFile): Promise<void> {
  const { id, organizationId, projectId, purpose, name, state, createdAt, expiresAt } = file
  await db
    .insertInto('file')
    .values({
      ...{ id, purpose, name, state, organization_id: organizationId, project_id: projectId },
      ...{ created_at: createdAt, expires_at: expiresAt },
    })
    .execute()
}

/** All of it is there. */
export async function readyFile(
  db: Db,
  { id, size, expiresAt }: Pick<StoredFile, 'id' | 'size' | 'expiresAt'>,
): Promise<void> {
  await db
    .updateTable('file')
    .set({ state: 'ready', size: BigInt(size), expires_at: expiresAt })
    .where('id', '=', id)
    .execute()
}

export async function findFile(
  db: Db,
  { id, projectId }: { readonly id: string; readonly projectId: string },
): Promise<StoredFile | null> {
  const row = await db
    .selectFrom('file')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .where('state', '=', 'ready')
    .executeTakeFirst()
  return row ? toFile(row) : null
}

export async function listFiles(db: Db, page: Page): Promise<readonly StoredFile[]> {
  const { projectId, limit, after, order = 'desc' } = page
  let query = db
    .selectFrom('file')
    .select(COLUMNS)
    .where('project_id', '=', projectId)
    .where('state', '=', 'ready')
    .orderBy('id', order)
    .limit(limit)
  if (after !== undefined) query = query.where('id', order === 'desc' ? '<' : '>', after)
  return (await query.execute()).map(toFile)
}

/** Bytes of all files of a project. */
export async function sizeOfFiles(db: Db, projectId: string): Promise<number> {
  const { rows } = await sql<{ size: string }>`
    SELECT coalesce(sum(size), 0)::text AS size FROM file WHERE project_id = ${projectId}`.execute(
    db,
  )
  return Number(rows[0]?.size ?? 0)
}

export async function removeFile(db: Db, id: string): Promise<void> {
  await db.deleteFrom('file').where('id', '=', id).execute()
}

/** Files whose time is over, uploads that never ended among them; but for those that an open batch reads. */
export async function removeOldFiles(db: Db, now: Date): Promise<void> {
  await sql`
    DELETE FROM file f WHERE f.expires_at < ${now}::timestamptz AND NOT EXISTS (
      SELECT FROM batch b WHERE b.input_file_id = f.id
        AND b.state IN ('validating', 'in_progress', 'finalizing', 'cancelling'))`.execute(db)
}

export async function insertChunk(
  db: Db,
  { fileId, ordinal, content }: { fileId: string; ordinal: number; content: Buffer },
): Promise<void> {
  await sql`INSERT INTO file_chunk (file_id, ordinal, content)
    VALUES (${fileId}, ${ordinal}, ${content})`.execute(db)
}

/** Null behind the last one. */
export async function findChunk(db: Db, fileId: string, ordinal: number): Promise<Buffer | null> {
  const { rows } = await sql<{ content: Buffer }>`
    SELECT content FROM file_chunk WHERE file_id = ${fileId} AND ordinal = ${ordinal}`.execute(db)
  return rows[0]?.content ?? null
}

/** A stretch of a file, which may lie in several chunks. */
export async function readStretch(
  db: Db,
  fileId: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<Buffer> {
  const first = Math.floor(offset / FILE_CHUNK_BYTES)
  const last = Math.floor((offset + Math.max(1, length) - 1) / FILE_CHUNK_BYTES)
  const from = offset - first * FILE_CHUNK_BYTES
  if (first === last) {
    const { rows } = await sql<{ part: Buffer }>`
      SELECT substring(content FROM ${from + 1}::integer FOR ${length}::integer) AS part
      FROM file_chunk WHERE file_id = ${fileId} AND ordinal = ${first}`.execute(db)
    return rows[0]?.part ?? Buffer.alloc(0)
  }
  const { rows } = await sql<{ content: Buffer }>`
    SELECT content FROM file_chunk
    WHERE file_id = ${fileId} AND ordinal BETWEEN ${first} AND ${last} ORDER BY ordinal`.execute(db)
  return Buffer.concat(rows.map(({ content }) => content)).subarray(from, from + length)
}
