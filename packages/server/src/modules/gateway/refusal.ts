/**
 * What the inference API answers instead of a result: OpenAI's error shape, status and code. Clients decide by these
 * whether to retry, so the wording is ours and the codes are OpenAI's. Nothing here knows HTTP beyond a status.
 */

/** OpenAI's error object: all four keys are always present. */
export interface OpenAiError {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

export interface Refusal {
  readonly kind: 'refusal'
  readonly status: number
  readonly error: OpenAiError
  readonly headers: Readonly<Record<string, string>>
}

const NONE = {}
/** The official clients retry a 429 unless told not to; more tries will not bring money. */
const NO_RETRY = { 'x-should-retry': 'false' }

/** A request's body may have fields of any name, so that a refusal is known by having been made here. */
const MADE = new WeakSet<object>()

export function isRefusal(value: object): value is Refusal {
  return MADE.has(value)
}

function refusal(status: number, error: OpenAiError, headers: Record<string, string> = NONE) {
  const made = { kind: 'refusal', status, error, headers } as const satisfies Refusal
  MADE.add(made)
  return made
}

/** The request itself is at fault: type `invalid_request_error`. */
export function invalidRequest(
  message: string,
  { param = null, code = null, status = 400 }: Partial<OpenAiError> & { status?: number } = {},
): Refusal {
  return refusal(status, { message, type: 'invalid_request_error', param, code })
}

/** A fault on this side, and when to come back. */
function ours(message: string, code: string, { status = 503, retryAfterS = 1 } = {}): Refusal {
  return refusal(
    status,
    { message, type: 'server_error', param: null, code },
    { 'retry-after': String(retryAfterS) },
  )
}

export const malformedJson = () =>
  invalidRequest(
    'We could not parse the JSON body of your request. Send one JSON object in UTF-8 with Content-Type application/json.',
  )

export const bodyTooLarge = (bytesMax: number) =>
  invalidRequest(`The request body is larger than ${bytesMax} bytes.`, {
    status: 413,
    code: 'request_too_large',
  })

export const missingKey = () =>
  invalidRequest(
    'You didn\u2019t provide an API key. Send it in an Authorization header using Bearer auth (Authorization: Bearer YOUR_KEY).',
    { status: 401 },
  )

/** `hint` is what may be shown of the key: never the secret. */
export const wrongKey = (hint: string) =>
  invalidRequest(
    `Incorrect API key provided: ${hint}. It may be mistyped, revoked or of another installation.`,
    {
      status: 401,
      code: 'invalid_api_key',
    },
  )

/** A key that is right, and kept to something else. */
const outside = (message: string, code: string, param: string | null = null) =>
  invalidRequest(message, { status: 403, code, param })

export const keyExpired = () =>
  invalidRequest('This API key has expired. Make another, or rotate it before it ends.', {
    status: 401,
    code: 'invalid_api_key',
  })

export const addressNotAllowed = (address: string) =>
  outside(`This API key may not be used from ${address}.`, 'ip_not_authorized')

export const scopeMissing = (scope: string) =>
  outside(`This API key lacks the scope \`${scope}\`.`, 'insufficient_permissions')

export const modelNotAllowed = (model: string) =>
  outside(`This API key may not use the model \`${model}\`.`, 'model_not_allowed', 'model')

export const crossSite = () =>
  invalidRequest('A signed-in browser may call this only from the console itself.', {
    status: 403,
    code: 'cross_site_request',
  })

export const unknownModel = (model: string) =>
  invalidRequest(`The model \`${model}\` does not exist or you do not have access to it.`, {
    status: 404,
    param: 'model',
    code: 'model_not_found',
  })

/** It was there: whoever still asks is told since when it is not, and what to ask instead. */
export const modelRetired = (
  model: string,
  { atMs, successor }: { readonly atMs: number; readonly successor: string | null },
): Refusal =>
  refusal(
    404,
    {
      message: `The model \`${model}\` was retired on ${new Date(atMs).toISOString()}.${successor === null ? '' : ` Ask \`${successor}\` instead.`}`,
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_retired',
    },
    successor === null ? NONE : { 'x-spillway-model-successor': successor },
  )

export const wrongKindOfModel = (model: string, isEmbedding: boolean) =>
  invalidRequest(
    isEmbedding
      ? `The model \`${model}\` makes embeddings and nothing else: ask it with POST /v1/embeddings.`
      : `The model \`${model}\` makes no embeddings. GET /v1/models marks those that do.`,
    { param: 'model', code: 'unsupported_model' },
  )

export const unknownUrl = (method: string, path: string) =>
  invalidRequest(`Invalid URL (${method} ${path})`, { status: 404, code: 'unknown_url' })

export const responseNotStored = () =>
  invalidRequest(
    'Responses are not stored here: what POST /v1/responses answered is all there is of one.',
    { status: 404, code: 'response_not_found' },
  )

export const wrongMethod = (method: string, path: string, allowed: string): Refusal =>
  refusal(
    405,
    {
      message: `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use ${allowed}?)`,
      type: 'invalid_request_error',
      param: null,
      code: 'method_not_supported',
    },
    { allow: allowed },
  )

/** `needed` and `available` are decimal dollars. */
export const insufficientQuota = (needed: string, available: string): Refusal =>
  refusal(
    429,
    {
      message: `You exceeded your current quota: this request could cost up to ${needed} USD and ${available} USD is available. Add credit, or lower max_tokens.`,
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
    NO_RETRY,
  )

export interface RateShortage {
  readonly limitId: string
  readonly setBy: string
  readonly dimension: 'requests' | 'tokens' | 'concurrency'
  readonly most: number
  readonly retryMs: number
}

const RATES = {
  requests: 'requests a minute',
  tokens: 'tokens a minute',
  concurrency: 'requests at once',
} as const

export const rateExceeded = (shortage: RateShortage): Refusal => {
  const { limitId, setBy, dimension, most, retryMs } = shortage
  const error = {
    message: `Rate limit reached: at most ${most} ${RATES[dimension]}, set by the ${setBy} (${limitId}). Try again in ${Math.ceil(retryMs / 1000)} s.`,
    type: dimension === 'tokens' ? 'tokens' : 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  }
  return refusal(429, error, {
    'retry-after': String(Math.ceil(retryMs / 1000)),
    'retry-after-ms': String(Math.ceil(retryMs)),
  })
}

/** No minute would ever do. */
export const requestTooLarge = (needed: number, most: number): Refusal =>
  refusal(
    429,
    {
      message: `This request could use up to ${needed} tokens, and ${most} are allowed a minute. Lower max_tokens, or send less.`,
      type: 'tokens',
      param: null,
      code: 'rate_limit_exceeded',
    },
    NO_RETRY,
  )

export interface BudgetShortage {
  readonly budgetId: string
  /** Such as “monthly budget of this API key”. */
  readonly whose: string
  /** Decimal dollars, both. */
  readonly needed: string
  readonly available: string
  readonly endsAt: Date | null
}

export const budgetExceeded = (shortage: BudgetShortage): Refusal => {
  const { budgetId, whose, needed, available, endsAt } = shortage
  const anew = endsAt === null ? '' : ` It starts anew at ${endsAt.toISOString()}.`
  const error = {
    message: `The ${whose} (${budgetId}) does not allow this: the request could cost up to ${needed} USD and ${available} USD is left.${anew}`,
    type: 'insufficient_quota',
    param: null,
    code: 'budget_exceeded',
  }
  return refusal(429, error, { ...NO_RETRY, 'x-spillway-budget': budgetId })
}
/** `guardrail` is the organization's own name for it. */
export const blocked = (guardrail: string, found: string) =>
  invalidRequest(
    `The guardrail \`${guardrail}\` of your organization blocks this request: ${found}. Nothing was charged.`,
    { code: 'content_blocked' },
  )

/** A judge answered nothing that could be read: what cannot be judged is not answered. */
export const cannotJudge = (guardrail: string) =>
  ours(
    `The guardrail \`${guardrail}\` of your organization could not be asked about this request. Try again shortly.`,
    'guardrail_unavailable',
    { retryAfterS: 2 },
  )

export const cannotGuard = () =>
  invalidRequest(
    'Your organization\u2019s guardrails look at answers, which plain completions do not allow. Use /v1/chat/completions.',
    { code: 'guardrail_unsupported' },
  )

export const wrongIdempotencyKey = (charactersMax: number) =>
  invalidRequest(`Idempotency-Key must have 1 to ${charactersMax} characters.`, {
    code: 'invalid_idempotency_key',
  })

/** The clients try again by themselves, and get the answer once it is there. */
export const idempotencyKeyInUse = () =>
  refusal(
    409,
    {
      message:
        'A request with this Idempotency-Key is being answered. Try again shortly: you will get its answer, and it is charged once.',
      type: 'invalid_request_error',
      param: null,
      code: 'idempotency_key_in_use',
    },
    { 'retry-after': '1' },
  )

const SPENT = {
  broken: 'its answer broke off, and what was delivered was charged',
  lost: 'it was charged, and its answer was lost when a process of ours ended',
  too_large: 'it was charged, and its answer was too large to be kept',
  crowded_out: 'it was charged, and its answer made room for newer ones',
} as const

/** Never run again under its key, since it would be charged again. */
export const answerSpent = (why: keyof typeof SPENT, requestId: string) =>
  refusal(
    409,
    {
      message: `The request with this Idempotency-Key (${requestId}) cannot be answered again: ${SPENT[why]}. It is not run a second time; send it with another key to pay for another answer.`,
      type: 'invalid_request_error',
      param: null,
      code: 'idempotency_key_spent',
    },
    { ...NO_RETRY },
  )

export const idempotencyKeyReused = () =>
  invalidRequest(
    'This Idempotency-Key belongs to a request with another body. Use a new key for a new request.',
    { status: 422, code: 'idempotency_key_reused' },
  )

export const wrongCacheWish = () =>
  invalidRequest(
    'x-spillway-cache must be `use`, `bypass` or `refresh`, which may have `; max-age=SECONDS` behind it.',
    { code: 'invalid_cache_header' },
  )

export const contextLengthExceeded = (message: string) =>
  invalidRequest(message, { param: 'messages', code: 'context_length_exceeded' })

export const databaseAway = () =>
  ours(
    'The service cannot check your account right now. Nothing was charged; try again shortly.',
    'service_unavailable',
    { retryAfterS: 2 },
  )

export const recordsAway = () =>
  ours(
    'The service cannot keep records right now and takes no new work. Nothing was charged.',
    'service_unavailable',
    { retryAfterS: 5 },
  )

export const stopping = () =>
  ours('The service is restarting. Nothing was charged; try again shortly.', 'service_unavailable')

export const overloaded = () =>
  ours(
    'The service is at its limit. Nothing was charged; try again shortly.',
    'server_is_overloaded',
  )

/** Flex gives way: nobody has room to spare now. The official clients come back by themselves. */
export const resourceUnavailable = (model: string): Refusal =>
  refusal(
    429,
    {
      message: `No server of \`${model}\` has capacity to spare for the tier \`flex\` right now. Nothing was charged; try again later, or ask with the tier \`default\`.`,
      type: 'resource_unavailable',
      param: 'service_tier',
      code: 'resource_unavailable',
    },
    { 'retry-after': '5' },
  )

export const modelNotReady = (model: string, why: string) =>
  ours(`The model \`${model}\` cannot answer right now: ${why}`, 'model_not_ready', {
    retryAfterS: 5,
  })

/** It sleeps, or has just been woken: whoever comes back later is likely to be answered. */
export const modelStarting = (model: string, why: string, retryAfterS: number) =>
  ours(
    `The model \`${model}\` has no replica yet and is started when one is worth its room: ${why} Nothing was charged; try again in ${retryAfterS} s.`,
    'model_not_ready',
    { retryAfterS },
  )

/** Whoever could answer is somewhere else than the request may go: it goes nowhere. */
export const residencyMismatch = (model: string) =>
  invalidRequest(
    `No server of \`${model}\` runs in a region where this request may be answered. It was sent to nobody.`,
    { code: 'data_residency_mismatch', param: 'model' },
  )

/** Rules of the route, the project or the request leave nobody; `by` says which stood against whom. */
export const nobodyAllowed = (model: string, by: readonly string[]) =>
  invalidRequest(
    by.length === 0
      ? `The route of \`${model}\` has no group for such a request. It was sent to nobody.`
      : `No server of \`${model}\` may answer this request: by ${by.join(' and ')} none is left. It was sent to nobody.`,
    { code: 'no_allowed_server', param: 'model' },
  )

export const upstreamFailed = (model: string) =>
  ours(`The server behind \`${model}\` failed. Nothing was charged; try again.`, 'upstream_error', {
    status: 502,
  })

/** Sent inside a stream that has begun: what arrived is charged, and it is not the whole answer. */
export const streamBroken = (model: string) =>
  ours(
    `The server behind \`${model}\` failed mid-answer: the answer is not complete. Only what was delivered is charged.`,
    'upstream_error',
    { status: 502 },
  )

export const defect = () =>
  ours('A fault of ours. Report the x-request-id to the operator.', 'internal_error', {
    status: 500,
  })

/** The body of a refusal, and of an error event in a stream. */
export function renderRefusal({ error }: Refusal): string {
  return JSON.stringify({ error })
}
