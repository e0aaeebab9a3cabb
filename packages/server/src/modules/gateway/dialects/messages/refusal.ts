/** Refusals in Anthropic's shape: its types and statuses, by which its official clients decide whether to retry. */
import type { RenderedRefusal } from '../../frame/dialect.ts'
import type { Refusal } from '../../refusal.ts'

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** No money is a matter of billing, and a service that is away is overloaded. */
function statusOf({ status, error }: Refusal): number {
  if (error.code === 'insufficient_quota') return 402
  return status === 503 ? 529 : status
}

function renderError(refusal: Refusal, requestId: string): string {
  const { message } = refusal.error
  const fallback = refusal.status < 500 ? 'invalid_request_error' : 'api_error'
  const type = TYPES[statusOf(refusal)] ?? fallback
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId })
}

export function renderRefusal(refusal: Refusal, requestId: string): RenderedRefusal {
  return {
    status: statusOf(refusal),
    headers: refusal.headers,
    body: renderError(refusal, requestId),
  }
}

export function renderBroken(refusal: Refusal, requestId: string): string {
  return `event: error\ndata: ${renderError(refusal, requestId)}\n\n`
}
