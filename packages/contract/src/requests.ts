/** The request log: what became of each request for an answer. Metadata alone: never what was asked or answered. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  ApiKeyId,
  Instant,
  InstantInput,
  Limit,
  list,
  OrganizationId,
  PositiveAmount,
  ProjectId,
} from './primitives.ts'

/**
 * `refused`: nobody was asked, or who was asked blamed the request. `failed`: no server gave an answer. `broken`: the
 * server broke off amid its answer. `gone`: the client left. `interrupted`: the gateway ended while it answered.
 */
export const RequestOutcome = z.enum([
  'answered',
  'refused',
  'failed',
  'broken',
  'gone',
  'interrupted',
])
export type RequestOutcome = z.infer<typeof RequestOutcome>

/** One try of one server. */
export const RequestTry = z.object({
  target: z.string(),
  provider: z.string(),
  region: z.string().nullable(),
  model: z.string(),
  /** Of the route\u2019s document; null: it has none. */
  group: z.string().nullable(),
  /** Why this server. */
  reason: z.string(),
  outcome: z.string(),
  /** Of its answer, where that was no success. */
  status: z.number().int().nullable(),
  ms: z.number().int(),
})
export type RequestTry = z.infer<typeof RequestTry>

export const LoggedRequest = z.object({
  /** As the answer\u2019s header `x-request-id` says. */
  id: z.string(),
  /** When it came. */
  at: Instant,
  organizationId: OrganizationId,
  projectId: ProjectId,
  apiKeyId: ApiKeyId,
  /** Whom it named as its `user`. */
  endUser: z.string().nullable(),
  /** What the client spoke: `chat`, `responses`, `messages`, `completions`, `embeddings`. */
  dialect: z.string(),
  isStream: z.boolean(),
  /** Null where the body said nothing that could be read. */
  modelAsked: z.string().nullable(),
  /** Which one answered; null: none was chosen. */
  model: z.string().nullable(),
  outcome: RequestOutcome,
  /** Of the answer; 499 where the client left before there was one. */
  status: z.number().int(),
  errorCode: z.string().nullable(),
  tokens: z.object({
    input: z.number().int(),
    output: z.number().int(),
    /** Of the input. */
    cachedInput: z.number().int(),
    cacheWrite: z.number().int(),
    /** Of the output. */
    reasoning: z.number().int(),
  }),
  /** What these tokens cost; the ledger rounds by hours, not by requests. */
  costUsd: Amount,
  /** Of a stream, from the request\u2019s headers to its first output. */
  firstOutputMs: z.number().int().nullable(),
  durationMs: z.number().int(),
  /** It was answered with what was kept of an earlier one: from the cache, or again under its Idempotency-Key. */
  isCached: z.boolean(),
  /** What guardrails found, as the header `x-spillway-guardrails` says; null: nothing. */
  guardrails: z.string().nullable(),
  /** Of the route that was in force; null: the model has none. */
  routeVersion: z.number().int().nullable(),
  /** Servers that were asked, in order. More than one: it was tried again. */
  tries: z.array(RequestTry),
})
export type LoggedRequest = z.infer<typeof LoggedRequest>

/** Which requests. A member sees those of the key\u2019s own project, the operator all. */
const filters = {
  organizationId: OrganizationId.optional(),
  /** Asked for or answered. */
  model: z.string().min(1).max(200).optional(),
  apiKeyId: ApiKeyId.optional(),
  endUser: z.string().min(1).max(256).optional(),
  outcome: RequestOutcome.optional(),
  /** Such as `429`, or `5xx` for all of a kind. */
  status: z
    .string()
    .regex(/^[2-5](\d\d|xx)$/, 'is a status such as 429, or 5xx for all of a kind')
    .optional(),
  errorCode: z.string().min(1).max(100).optional(),
  /** It took at least so long. */
  slowerThanMs: z.coerce.number().int().min(0).max(86_400_000).optional(),
  /** It cost at least so much. */
  costAtLeastUsd: PositiveAmount.optional(),
}

export const RequestFilters = z.strictObject(filters)
export type RequestFilters = z.infer<typeof RequestFilters>

export const RequestPage = list(LoggedRequest).extend({
  /** Requests of that time that are only counted: too many were refused at once. */
  omitted: z.number().int(),
})
export type RequestPage = z.infer<typeof RequestPage>

export const listRequests = endpoint({
  id: 'request.list',
  method: 'GET',
  path: '/requests',
  summary: 'List requests for answers with what became of them, newest first: never their content',
  permission: 'request.list',
  query: z.strictObject({
    ...filters,
    /** One request. */
    id: z.string().max(100).optional(),
    from: InstantInput.optional(),
    to: InstantInput.optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: RequestPage,
})

/** What a live tail says. */
export const RequestNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('request'), request: LoggedRequest }),
  /** The reader was so slow that so many were left out; the list has them. */
  z.object({ kind: z.literal('skipped'), requests: z.number().int() }),
])
export type RequestNews = z.infer<typeof RequestNews>

export const tailRequests = endpoint({
  id: 'request.tail',
  method: 'GET',
  path: '/requests/tail',
  summary: 'Requests as they end, live, over all gateways; continues from Last-Event-ID',
  permission: 'request.list',
  answer: 'events',
  query: z.strictObject({ ...filters, after: z.string().max(100).optional() }),
  returns: RequestNews,
})

export const getRequestMetrics = endpoint({
  id: 'request.metrics',
  method: 'GET',
  path: '/requests/metrics',
  summary: 'Requests, tokens, cost and latencies of the key\u2019s project, for Prometheus',
  permission: 'request.list',
  answer: 'text',
  returns: z.string(),
})
