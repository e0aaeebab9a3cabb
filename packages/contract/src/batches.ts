/** Files, and batches: requests of one model that have a day, at half the price, answered from spare capacity. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { BatchId, Done, FileId, Instant, Limit, list } from './primitives.ts'

export const FilePurpose = z.enum(['batch', 'batch_output'])
export type FilePurpose = z.infer<typeof FilePurpose>

export const StoredFile = z.object({
  id: FileId,
  name: z.string(),
  purpose: FilePurpose,
  /** Bytes. */
  size: z.number().int(),
  createdAt: Instant,
  /** When it is deleted by itself. */
  expiresAt: Instant,
})
export type StoredFile = z.infer<typeof StoredFile>

export const BatchEndpoint = z.enum([
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
])
export type BatchEndpoint = z.infer<typeof BatchEndpoint>

export const BatchState = z.enum([
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
])
export type BatchState = z.infer<typeof BatchState>

const Count = z.number().int().min(0)

export const Batch = z.object({
  id: BatchId,
  state: BatchState,
  endpoint: BatchEndpoint,
  /** Of all its lines; null until its file is read. */
  model: z.string().nullable(),
  inputFileId: FileId,
  /** What was answered; null until it is over, or where nothing was. */
  outputFileId: FileId.nullable(),
  /** What was not. */
  errorFileId: FileId.nullable(),
  lines: z.object({ total: Count, completed: Count, failed: Count }),
  tokens: z.object({ input: Count, cached: Count, output: Count, reasoning: Count }),
  /** What is wrong with its file, by line. */
  faults: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      param: z.string().nullable(),
      line: z.number().int().nullable(),
    }),
  ),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** What is not answered by then is not answered. */
  expiresAt: Instant,
})
export type Batch = z.infer<typeof Batch>

export const listFiles = endpoint({
  id: 'file.list',
  method: 'GET',
  path: '/files',
  summary: 'List the files of your project, newest first',
  permission: 'file.list',
  query: z.strictObject({ limit: Limit }),
  returns: list(StoredFile),
})

export const getFile = endpoint({
  id: 'file.get',
  method: 'GET',
  path: '/files/{id}',
  summary: 'Show a file; its content is at /v1/files/{id}/content',
  permission: 'file.list',
  params: z.strictObject({ id: FileId }),
  returns: StoredFile,
  errors: ['file.not_found'],
})

export const deleteFile = endpoint({
  id: 'file.delete',
  method: 'DELETE',
  path: '/files/{id}',
  summary: 'Delete a file that no open batch reads',
  permission: 'file.delete',
  params: z.strictObject({ id: FileId }),
  returns: Done,
  errors: ['file.not_found', 'file.in_use'],
})

export const listBatches = endpoint({
  id: 'batch.list',
  method: 'GET',
  path: '/batches',
  summary: 'List the batches of your project, newest first',
  permission: 'batch.list',
  query: z.strictObject({ limit: Limit }),
  returns: list(Batch),
})

export const getBatch = endpoint({
  id: 'batch.get',
  method: 'GET',
  path: '/batches/{id}',
  summary: 'Show a batch and how far it is',
  permission: 'batch.list',
  params: z.strictObject({ id: BatchId }),
  returns: Batch,
  errors: ['batch.not_found'],
})

export const createBatch = endpoint({
  id: 'batch.create',
  method: 'POST',
  path: '/batches',
  summary: 'Start a batch of the requests in a file, to be answered within a day',
  permission: 'batch.create',
  body: z.strictObject({ inputFileId: FileId, endpoint: BatchEndpoint }),
  returns: Batch,
  errors: ['file.not_found', 'batch.wrong_file', 'batch.too_many'],
  status: 201,
})

export const cancelBatch = endpoint({
  id: 'batch.cancel',
  method: 'POST',
  path: '/batches/{id}/cancel',
  summary: 'Cancel a batch: what was answered is delivered, nothing else begins',
  permission: 'batch.cancel',
  params: z.strictObject({ id: BatchId }),
  returns: Batch,
  errors: ['batch.not_found', 'batch.over'],
})
