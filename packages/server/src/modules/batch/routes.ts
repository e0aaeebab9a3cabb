/** Files and batches over the control API. Bytes come and go by `/v1/files`, at the gateways. */
import type { Batch as BatchAnswer, StoredFile as FileAnswer } from '@spillway/contract'
import type { IdSource } from '#kernel/ids.ts'
import type { Routes } from '#platform/http/handler.ts'
import { cancelBatch, createBatch, getBatch, listBatches } from './batch-service.ts'
import type { Batch } from './batch.ts'
import { deleteFile, getFile } from './file-service.ts'
import { listFiles } from './file-store.ts'
import type { StoredFile } from './stored-file.ts'

function renderFile({ id, name, purpose, size, createdAt, expiresAt }: StoredFile): FileAnswer {
  const [created, expires] = [createdAt.toISOString(), expiresAt.toISOString()]
  return { id, name, purpose, size, createdAt: created, expiresAt: expires }
}

function renderBatch(batch: Batch): BatchAnswer {
  const { id, state, endpoint, model, inputFileId, outputFileId, errorFileId } = batch
  return {
    ...{ id, state, endpoint, model, inputFileId, outputFileId, errorFileId },
    lines: { total: batch.total, ...batch.counts },
    tokens: batch.tokens,
    faults: [...batch.faults],
    createdAt: batch.createdAt.toISOString(),
    startedAt: batch.startedAt?.toISOString() ?? null,
    endedAt: batch.endedAt?.toISOString() ?? null,
    expiresAt: batch.expiresAt.toISOString(),
  }
}

type Names =
  | 'listFiles'
  | 'getFile'
  | 'deleteFile'
  | 'listBatches'
  | 'getBatch'
  | 'createBatch'
  | 'cancelBatch'

export function batchRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listFiles: async ({ db, principal: { projectId }, query }) => {
      const items = await listFiles(db, { projectId, limit: query.limit })
      return { items: items.map(renderFile), nextCursor: null }
    },
    getFile: async ({ db, principal: { projectId }, params }) =>
      renderFile(await getFile(db, { ...params, projectId })),
    deleteFile: async ({ db, principal: { projectId }, params }) => {
      await deleteFile(db, { ...params, projectId })
      return { ok: true as const }
    },
    listBatches: async ({ db, principal: { projectId }, query }) => {
      const items = await listBatches(db, { projectId, limit: query.limit })
      return { items: items.map(renderBatch), nextCursor: null }
    },
    getBatch: async ({ db, principal: { projectId }, params }) =>
      renderBatch(await getBatch(db, { ...params, projectId })),
    createBatch: async ({ db, principal, body, now, setTarget }) => {
      const batch = await createBatch(db, { principal, ...body, now }, ids)
      setTarget(batch.id)
      return renderBatch(batch)
    },
    cancelBatch: async ({ db, principal: { projectId }, params, now }) =>
      renderBatch(await cancelBatch(db, { ...params, projectId }, now)),
  }
}
