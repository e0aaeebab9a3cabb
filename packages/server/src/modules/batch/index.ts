/** Files, and batches of requests that have a day. */
export { renderAnswered, usageIdOf } from './batch.ts'
export type { Batch, BatchTokens } from './batch.ts'
export { BATCH_PROGRAM, cancelBatch, createBatch, getBatch, listBatches } from './batch-service.ts'
export { listRunningBatches } from './batch-store.ts'
export {
  deleteFile,
  FileWriter,
  getFile,
  keptUntil,
  readFile,
  requireRoom,
  tooLarge,
} from './file-service.ts'
export { listFiles, readStretch, removeOldFiles } from './file-store.ts'
export { dialectOf, readLine } from './line-reading-service.ts'
export { type ChargeDeps, endLineCharged, endLineRefused } from './line-service.ts'
export {
  type ClaimedLine,
  claimLines,
  releaseLine,
  removeOldLines,
  renewClaims,
} from './line-store.ts'
export { type FormEvent, FormReader, readBoundary } from './multipart.ts'
export { renderBatchObject, renderFileObject, renderList } from './openai.ts'
export { batchRoutes } from './routes.ts'
export { type BatchStepDeps, stepBatch } from './steps.ts'
