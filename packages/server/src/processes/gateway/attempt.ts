/** Tries a model's servers in turn until one answers, as long as nothing has reached the client. */
import {
  type Gateway,
  type ModelRequest,
  PROVIDERS,
  type Refusal,
  refusals,
  type Route,
  type Target,
} from '#modules/gateway/index.ts'

/** How one server's answer went. */
export type Attempt<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** The server blames the request; another would as well. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | FailedAttempt
  /** The client went away. */
  | { readonly kind: 'gone' }

/** The server failed before anything reached the client. */
export interface FailedAttempt {
  readonly kind: 'failed'
  readonly refusal: Refusal
  readonly why: string
  /** The connection was lost before any answer: perhaps the server had just closed an idle one. */
  readonly isConnectionLost?: boolean
}

export interface Attempting {
  readonly gateway: Gateway
  readonly route: Route
  readonly request: ModelRequest
  readonly onFailure: (target: Target, why: string) => void
}

/** More tries than this only add to a storm. */
const ATTEMPTS_MAX = 3

export async function attemptTargets<Answer>(
  { gateway, route, request, onFailure }: Attempting,
  attempt: (target: Target) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const tried: string[] = []
  const lost = new Set<string>()
  let attempts = 0
  let last: Attempt<Answer> = {
    kind: 'failed',
    refusal: refusals.modelNotReady(route.model, route.stateText),
    why: 'no target',
  }
  while (attempts < ATTEMPTS_MAX) {
    const { target } = gateway.routes.choose(route, { needs: request.needs, tried })
    if (!target) break
    gateway.routes.begin(target)
    try {
      last = await attempt(target)
    } finally {
      gateway.routes.end(target, last.kind === 'failed' ? 'failed' : 'answered')
    }
    if (last.kind !== 'failed') break
    onFailure(target, last.why)
    attempts += 1
    // Once, the same server gets another chance, on a connection of its own time.
    if (last.isConnectionLost && !lost.has(target.id)) lost.add(target.id)
    else tried.push(target.id)
  }
  return last
}

/** Who was asked, and what for. */
export interface Asked {
  readonly model: string
  readonly target: Target
}

/** What a server's status other than 200 means for the client: its own mistakes are never the client's. */
export function judgeStatus(
  { model, target }: Asked,
  status: number,
  body: string,
): Attempt<never> {
  const error = PROVIDERS[target.provider].readError(body)
  const why = `status ${status}: ${error.message}`
  if (error.isContextExceeded && status < 500)
    return { kind: 'refused', refusal: refusals.contextLengthExceeded(error.message) }
  if (status === 400 || status === 413 || status === 422) {
    const { message, param, code } = error
    return { kind: 'refused', refusal: refusals.invalidRequest(message, { param, code }) }
  }
  if (status === 429 || status === 503 || status === 529)
    return { kind: 'failed', refusal: refusals.overloaded(), why }
  return { kind: 'failed', refusal: refusals.upstreamFailed(model), why }
}

const LOST = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** An answer that broke off before anything of it reached the client. */
export function answerFailed(model: string, why: string): FailedAttempt {
  return { kind: 'failed', refusal: refusals.upstreamFailed(model), why }
}

/** A request that got no answer at all. */
export function connectionFailed(model: string, error: Error): FailedAttempt {
  const isConnectionLost = LOST.has((error as NodeJS.ErrnoException).code ?? '')
  return { ...answerFailed(model, error.message), isConnectionLost }
}
