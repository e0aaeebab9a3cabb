/** SQL of batches. */
import type { BatchEndpoint, BatchState } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import type { Principal } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Batch, BatchFault } from './batch.ts'
import type { Page } from './file-store.ts'

export interface NewBatch {
  readonly id: string
  readonly principal: Principal
  readonly endpoint: BatchEndpoint
  readonly inputFileId: string
  readonly metadata: Readonly<Record<string, string>> | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

type Row = Selectable<Schema['batch']>

function toBatch(row: Row): Batch {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    principal: row.principal as Principal,
    endpoint: row.endpoint as BatchEndpoint,
    model: row.model,
    inputFileId: row.input_file_id,
    outputFileId: row.output_file_id,
    errorFileId: row.error_file_id,
    metadata: row.metadata as Batch['metadata'],
    state: row.state as BatchState,
    faults: row.faults as readonly BatchFault[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    startedAt: row.started_at,
    finalizingAt: row.finalizing_at,
    cancellingAt: row.cancelling_at,
    endedAt: row.ended_at,
    total: row.total,
    counts: { completed: row.completed, failed: row.failed },
    tokens: {
      input: Number(row.input_tokens),
      cached: Number(row.cached_tokens),
      output: Number(row.output_tokens),
      reasoning: Number(row.reasoning_tokens),
    },
  }
}

export async function insertBatch(db: Db, batch: NewBatch): Promise<void> {
  const { id, principal, endpoint, inputFileId, metadata, createdAt, expiresAt } = batch
  const { organizationId, projectId } = principal
  await sql`
    INSERT INTO batch (id, organization_id, project_id, principal, endpoint, input_file_id, metadata,
      state, created_at, expires_at)
    VALUES (${id}, ${organizationId}, ${projectId}, ${JSON.stringify(principal)}::jsonb, ${endpoint},
      ${inputFileId}, ${metadata === null ? null : JSON.stringify(metadata)}::jsonb, 'validating',
      ${createdAt}::timestamptz, ${expiresAt}::timestamptz)`.execute(db)
}

export async function findBatch(db: Db, id: string): Promise<Batch | null> {
  const row = await db.selectFrom('batch').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toBatch(row) : null
}

export async function lockBatch(db: Db, id: string): Promise<Batch | null> {
  const row = await db
    .selectFrom('batch')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? toBatch(row) : null
}

export async function listBatches(db: Db, page: Page): Promise<readonly Batch[]> {
  const { projectId, limit, after } = page
  let query = db
    .selectFrom('batch')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('id', 'desc')
    .limit(limit)
  if (after !== undefined) query = query.where('id', '<', after)
  return (await query.execute()).map(toBatch)
}

const OPEN = ['validating', 'in_progress', 'finalizing', 'cancelling'] as const

export async function countOpenBatches(db: Db, projectId: string): Promise<number> {
  const { count } = await db
    .selectFrom('batch')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('project_id', '=', projectId)
    .where('state', 'in', OPEN)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function isReadByOpen(db: Db, fileId: string): Promise<boolean> {
  const row = await db
    .selectFrom('batch')
    .select('id')
    .where('input_file_id', '=', fileId)
    .where('state', 'in', OPEN)
    .executeTakeFirst()
  return row !== undefined
}

/** Batches whose lines may run, oldest first. */
export async function listRunningBatches(db: Db): Promise<readonly Batch[]> {
  const rows = await db
    .selectFrom('batch')
    .selectAll()
    .where('state', '=', 'in_progress')
    .where(sql<boolean>`EXISTS (SELECT FROM batch_line l
      WHERE l.batch_id = batch.id AND l.state IN ('waiting', 'running'))`)
    .orderBy('id')
    .execute()
  return rows.map(toBatch)
}

/** Its file is read: its lines may run. */
export async function startBatch(
  db: Db,
  id: string,
  { model, total, now }: { readonly model: string; readonly total: number; readonly now: Date },
): Promise<void> {
  await db
    .updateTable('batch')
    .set({ state: 'in_progress', model, total, started_at: now })
    .where('id', '=', id)
    .execute()
}

export async function failBatch(
  db: Db,
  id: string,
  { faults, now }: { readonly faults: readonly BatchFault[]; readonly now: Date },
): Promise<void> {
  await sql`UPDATE batch SET state = 'failed', faults = ${JSON.stringify(faults)}::jsonb,
    ended_at = ${now}::timestamptz WHERE id = ${id}`.execute(db)
}

/** No line of it begins any more. */
export async function closeBatch(
  db: Db,
  id: string,
  { state, now }: { readonly state: 'finalizing' | 'cancelling'; readonly now: Date },
): Promise<void> {
  const at = state === 'finalizing' ? { finalizing_at: now } : { cancelling_at: now }
  await db
    .updateTable('batch')
    .set({ state, ...at })
    .where('id', '=', id)
    .execute()
}

export interface BatchEnd extends Pick<
  Batch,
  'outputFileId' | 'errorFileId' | 'counts' | 'tokens'
> {
  readonly state: 'completed' | 'expired' | 'cancelled'
  readonly now: Date
}

export async function endBatch(db: Db, id: string, end: BatchEnd): Promise<void> {
  const { state, outputFileId, errorFileId, counts, tokens, now } = end
  await sql`
    UPDATE batch SET state = ${state}, output_file_id = ${outputFileId}, error_file_id = ${errorFileId},
      completed = ${counts.completed}, failed = ${counts.failed},
      input_tokens = ${tokens.input}, cached_tokens = ${tokens.cached},
      output_tokens = ${tokens.output}, reasoning_tokens = ${tokens.reasoning},
      finalizing_at = coalesce(finalizing_at, ${now}::timestamptz), ended_at = ${now}::timestamptz
    WHERE id = ${id}`.execute(db)
}
