/** Endpoints as queries: one key shape, one place for how fresh each answer must be. */
import { queryOptions } from '@tanstack/react-query'
import { type Answer, call, type CallInput, type JsonName } from './client.ts'

const SECOND_MS = 1000

/** The slow net under the event stream: how often an open page asks again although no event came. */
const POLL_MS: Partial<Record<JsonName, number | false>> = {
  getSession: 300 * SECOND_MS,
  getUtilisation: 15 * SECOND_MS,
  getBalance: 15 * SECOND_MS,
  // A delivery changes without an event, and somebody watches it only now and then.
  listWebhookDeliveries: 3 * SECOND_MS,
  // Reading these is itself written to the audit log, so that only a person's visit reads them.
  getBooks: false,
  verifyLedger: false,
  listAuditEvents: false,
}
const POLL_DEFAULT_MS = 30 * SECOND_MS

/** An answer this young is not fetched again when a page opens. */
const FRESH_MS = 2 * SECOND_MS

type Arguments<N extends JsonName> =
  {} extends CallInput<N> ? [input?: CallInput<N>] : [input: CallInput<N>]

export function apiQuery<N extends JsonName>(name: N, ...[input]: Arguments<N>) {
  const given = (input ?? {}) as CallInput<N>
  return queryOptions<Answer<N>>({
    queryKey: [name, given],
    queryFn: ({ signal }) => call(name, given, { signal }),
    staleTime: FRESH_MS,
    refetchInterval: POLL_MS[name] ?? POLL_DEFAULT_MS,
  })
}
