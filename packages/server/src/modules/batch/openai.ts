/** Files and batches in the words of OpenAI's API. Pure. */
import type { BatchState } from '@spillway/contract'
import type { Batch } from './batch.ts'
import type { StoredFile } from './stored-file.ts'

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}

function at(instant: Date | null): number | null {
  return instant === null ? null : seconds(instant)
}

export function renderFileObject({ id, name, purpose, size, createdAt, expiresAt }: StoredFile) {
  return {
    ...{ id, object: 'file', bytes: size, created_at: seconds(createdAt) },
    ...{ expires_at: seconds(expiresAt), filename: name, purpose, status: 'processed' },
    status_details: null,
  }
}

export function renderBatchObject(batch: Batch) {
  const { id, endpoint, model, faults, inputFileId, state, metadata, total, counts } = batch
  const endedAs = (wanted: BatchState) => (state === wanted ? at(batch.endedAt) : null)
  const { input, cached, output, reasoning } = batch.tokens
  return {
    ...{ id, object: 'batch', endpoint, model },
    errors:
      faults.length === 0
        ? null
        : {
            object: 'list',
            data: faults.map(({ code, line, message, param }) => ({ code, line, message, param })),
          },
    input_file_id: inputFileId,
    completion_window: '24h',
    status: state,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: seconds(batch.createdAt),
    in_progress_at: at(batch.startedAt),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: at(batch.finalizingAt),
    completed_at: endedAs('completed'),
    failed_at: endedAs('failed'),
    expired_at: endedAs('expired'),
    cancelling_at: at(batch.cancellingAt),
    cancelled_at: endedAs('cancelled'),
    request_counts: { total, completed: counts.completed, failed: counts.failed },
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
    metadata,
  }
}

export function renderList(items: readonly { readonly id: string }[], hasMore: boolean) {
  return {
    object: 'list',
    data: items,
    first_id: items[0]?.id ?? null,
    last_id: items.at(-1)?.id ?? null,
    has_more: hasMore,
  }
}
