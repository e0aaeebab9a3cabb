/** Tries a model's servers in turn until one answers, as long as nothing has reached the client. */
import {
  type Call,
  type Gateway,
  parseError,
  type Refusal,
  refusals,
  type Target,
} from '#modules/gateway/index.ts'

/** How one server's answer went. */
export type Attempt<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** The server blames the request; another would as well. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The server failed before anything reached the client. */
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly why: string }
  /** The client went away. */
  | { readonly kind: 'gone' }

export interface Attempting {
  readonly gateway: Gateway
  readonly call: Call
  readonly onFailure: (target: Target, why: string) => void
}

/** More tries than this only add to a storm. */
const ATTEMPTS_MAX = 3

export async function attemptTargets<Answer>(
  { gateway, call, onFailure }: Attempting,
  attempt: (target: Target) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const tried: string[] = []
  let last: Attempt<Answer> = {
    kind: 'failed',
    refusal: refusals.modelNotReady(call.route.model, call.route.stateText),
    why: 'no target',
  }
  while (tried.length < ATTEMPTS_MAX) {
    const target = gateway.routes.choose(call.route, tried)
    if (!target) break
    tried.push(target.id)
    gateway.routes.begin(target)
    try {
      last = await attempt(target)
    } finally {
      gateway.routes.end(target, last.kind === 'failed' ? 'failed' : 'answered')
    }
    if (last.kind !== 'failed') break
    onFailure(target, last.why)
  }
  return last
}

/** What a server's status other than 200 means for the client: its own mistakes are never the client's. */
export function judgeStatus(model: string, status: number, body: string): Attempt<never> {
  const error = parseError(body)
  const why = `status ${status}: ${error.message}`
  if (error.isContextExceeded && status < 500)
    return { kind: 'refused', refusal: refusals.contextLengthExceeded(error.message) }
  if (status === 400 || status === 413 || status === 422) {
    const { message, param, code } = error
    return { kind: 'refused', refusal: refusals.invalidRequest(message, { param, code }) }
  }
  if (status === 429 || status === 503)
    return { kind: 'failed', refusal: refusals.overloaded(), why }
  return { kind: 'failed', refusal: refusals.upstreamFailed(model), why }
}

export function connectionFailed(model: string, why: string): Attempt<never> {
  return { kind: 'failed', refusal: refusals.upstreamFailed(model), why }
}
