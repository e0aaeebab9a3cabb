/** A batch: lines of requests that have a day, all of one endpoint and one model, and what becomes of them. Pure. */
import { createHash } from 'node:crypto'
import type { BatchEndpoint, BatchState } from '@spillway/contract'
import { renderUuid } from '#kernel/ids.ts'
import type { Principal } from '#modules/identity/index.ts'

/** Something that is wrong with a batch's file. */
export interface BatchFault {
  readonly code: string
  readonly message: string
  readonly param: string | null
  /** Of the file, from 1; null where it is no line's. */
  readonly line: number | null
}

export interface BatchCounts {
  readonly completed: number
  readonly failed: number
}

export interface BatchTokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

export interface Batch {
  readonly id: string
  readonly organizationId: string
  readonly projectId: string
  /** Who asked for it, as known then. */
  readonly principal: Principal
  readonly endpoint: BatchEndpoint
  /** Null until its file is read. */
  readonly model: string | null
  readonly inputFileId: string
  readonly outputFileId: string | null
  readonly errorFileId: string | null
  readonly metadata: Readonly<Record<string, string>> | null
  readonly state: BatchState
  readonly faults: readonly BatchFault[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly startedAt: Date | null
  readonly finalizingAt: Date | null
  readonly cancellingAt: Date | null
  readonly endedAt: Date | null
  readonly total: number
  readonly counts: BatchCounts
  readonly tokens: BatchTokens
}

/** How a line that nobody answered ended. */
export type Unanswered = 'expired' | 'cancelled'

const OPEN: ReadonlySet<BatchState> = new Set([
  ...(['validating', 'in_progress', 'finalizing', 'cancelling'] as const),
])

export function isOpen({ state }: Pick<Batch, 'state'>): boolean {
  return OPEN.has(state)
}

/** What is to be done with a batch, now that so many lines are open and so many of these run. */
export type BatchMove =
  | 'read'
  | 'wait'
  /** No line begins any more; those that run may end. */
  | 'expire'
  | { readonly kind: 'end'; readonly as: 'completed' | Unanswered }
  | 'nothing'

export interface BatchView extends Pick<Batch, 'state' | 'expiresAt'> {
  readonly open: number
  readonly running: number
}

export function nextMove({ state, expiresAt, open, running }: BatchView, now: Date): BatchMove {
  switch (state) {
    case 'validating':
      return 'read'
    case 'in_progress':
      if (open === 0) return { kind: 'end', as: 'completed' }
      return now < expiresAt ? 'wait' : 'expire'
    case 'finalizing':
      return running > 0 ? 'wait' : { kind: 'end', as: 'expired' }
    case 'cancelling':
      return running > 0 ? 'wait' : { kind: 'end', as: 'cancelled' }
    case 'failed':
    case 'completed':
    case 'expired':
    case 'cancelled':
      return 'nothing'
  }
}

/** The usage event of a line always has the same id. */
export function usageIdOf(batchId: string, line: number): string {
  const digest = createHash('sha256').update(`${batchId}/${line}`).digest().subarray(0, 16)
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return renderUuid(digest)
}

export interface LineName {
  readonly batchId: string
  readonly number: number
  readonly customId: string
}

export interface LineAnswer {
  readonly status: number
  readonly requestId: string
  /** JSON. */
  readonly body: string
}

function lineId({ batchId, number }: LineName): string {
  return `batch_req_${batchId.split('_')[1] ?? batchId}_${number}`
}

/** A line of the results, or of the errors where the request itself was refused. JSON has line ends only between things. */
export function renderAnswered(line: LineName, { status, requestId, body }: LineAnswer): string {
  const head = JSON.stringify({ id: lineId(line), custom_id: line.customId }).slice(0, -1)
  const text = body.replaceAll(/[\r\n]+/g, ' ')
  const answer = `{"status_code":${status},"request_id":${JSON.stringify(requestId)},"body":${text}}`
  return `${head},"response":${answer},"error":null}`
}

const UNANSWERED: Readonly<Record<Unanswered, string>> = {
  expired: 'This request could not be answered before the window of its batch was over.',
  cancelled: 'This request was not answered before its batch was cancelled.',
}

/** Nothing was charged for it. */
export function renderUnanswered(line: LineName, why: Unanswered): string {
  const error = { code: `batch_${why}`, message: UNANSWERED[why] }
  return JSON.stringify({ id: lineId(line), custom_id: line.customId, response: null, error })
}
