/** Any error as words for the reader: the server's own where it answered, ours where it did not. */
import { ProblemError } from '@spillway/contract'
import type { Explanation } from '../ui/notices.tsx'

export function explain(error: unknown): Explanation {
  if (error instanceof ProblemError) {
    const { title, detail, remedy, requestId } = error.problem
    return { title, detail, remedy, requestId: requestId || null }
  }
  if (error instanceof TypeError)
    return {
      title: 'The server does not answer',
      detail: 'The connection failed before an answer came.',
      remedy: 'Check that Spillway runs (npm start) and that this machine reaches it.',
      requestId: null,
    }
  return {
    title: 'Something in the console went wrong',
    detail: error instanceof Error ? error.message : String(error),
    remedy: 'Reload the page; if it comes back, report it with what you did.',
    requestId: null,
  }
}

/** The messages of a refused request by field. */
export function fieldMessages(error: unknown): readonly { field: string; message: string }[] {
  return error instanceof ProblemError ? (error.problem.fields ?? []) : []
}
