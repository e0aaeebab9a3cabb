/** Tries a model's servers in turn until one answers, as long as nothing has reached the client. */
import {
  type Gateway,
  PROVIDERS,
  type Refusal,
  refusals,
  renderOrigin,
  type Route,
  type RoutingDecision,
  type Target,
  type Try,
  type Wish,
} from '#modules/gateway/index.ts'

/** How one server's answer went. */
export type Attempt<Answer> =
  /** `isBroken`: it broke off when a part of it had reached the client. */
  | { readonly kind: 'answered'; readonly answer: Answer; readonly isBroken?: boolean }
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
  /** It had not begun when its time was over. */
  readonly isTimedOut?: boolean
  readonly status?: number
}

export interface Attempting {
  readonly gateway: Gateway
  readonly route: Route
  readonly wish: Wish | null
  /** At whose prices it may be answered. */
  readonly routes: readonly Route[]
  readonly nowMs: () => number
  readonly onFailure: (target: Target, why: string) => void
  /** Told of each try when it is over. */
  readonly onTried?: (tried: Try) => void
}

/** Where a request goes now. */
export interface Asked {
  readonly target: Target
  /** Of the model that the target answers for. */
  readonly route: Route
  /** What the client is told of it. */
  readonly origin: Readonly<Record<string, string>>
  /** Its first output is there. */
  readonly onOutput: () => void
}

/** Without a document that says so; more tries than this only add to a storm. */
const ATTEMPTS_MAX = 3

export async function attemptTargets<Answer>(
  attempting: Attempting,
  attempt: (asked: Asked) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const { gateway, route, wish, routes, onFailure } = attempting
  const tried: string[] = []
  const lost = new Set<string>()
  let attempts = 0
  let last: Attempt<Answer> = {
    kind: 'failed',
    refusal: refusals.modelNotReady(route.model, route.stateText),
    why: 'no target',
  }
  if (wish?.document) gateway.routes.earnTry(route, wish.document.retries.sharePercent)
  while (attempts < (wish?.attemptsMax ?? ATTEMPTS_MAX)) {
    const decision = gateway.routes.choose(route, { wish, tried, among: routes })
    const { target } = decision
    if (!target) break
    // What is asked for the first time costs no try.
    if (attempts > 0 && wish?.document && !gateway.routes.takeTry(route)) break
    attempts += 1
    last = await tryOne(attempting, { ...decision, target, attempts }, attempt)
    if (last.kind !== 'failed') break
    onFailure(target, last.why)
    // Once, the same server gets another chance, on a connection of its own time.
    if (last.isConnectionLost && !lost.has(target.id)) lost.add(target.id)
    else tried.push(target.id)
  }
  return last
}

interface Trying extends RoutingDecision {
  readonly target: Target
  readonly attempts: number
}

async function tryOne<Answer>(
  { gateway, route: asked, nowMs, onTried }: Attempting,
  { attempts, ...decision }: Trying,
  attempt: (asked: Asked) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const { target, route, group, reason } = decision
  const startedMs = nowMs()
  let outcome: Attempt<Answer> | null = null
  let firstOutputMs: number | null = null
  const onOutput = () => {
    firstOutputMs ??= nowMs() - startedMs
  }
  gateway.routes.begin(target)
  try {
    const origin = renderOrigin(decision, { asked, attempts })
    outcome = await attempt({ target, route, origin, onOutput })
    return outcome
  } finally {
    const ms = nowMs() - startedMs
    const went = howItWent(outcome)
    gateway.routes.end(target, { outcome: went.outcome, firstOutputMs, answerMs: ms })
    onTried?.({ target, model: route.model, group, reason, ms, ...went })
  }
}

function howItWent(outcome: Attempt<unknown> | null): Pick<Try, 'outcome' | 'status'> {
  if (outcome === null) return { outcome: 'failed', status: null }
  if (outcome.kind === 'answered' && outcome.isBroken) return { outcome: 'broken', status: null }
  if (outcome.kind !== 'failed') return { outcome: outcome.kind, status: null }
  const { isTimedOut, isConnectionLost, status = null } = outcome
  if (isTimedOut) return { outcome: 'timed_out', status }
  return { outcome: isConnectionLost ? 'connection_lost' : 'failed', status }
}

/** What a server's status other than 200 means for the client: its own mistakes are never the client's. */
export function judgeStatus(
  { route: { model }, target }: Asked,
  status: number,
  body: string,
): Attempt<never> {
  const error = PROVIDERS[target.provider].readError(body)
  const why = `status ${status}: ${error.message}`
  if (error.isContextExceeded && status < 500)
    return { kind: 'refused', refusal: refusals.contextLengthExceeded(error.message) }
  const isClients = !error.isOperators && (status === 400 || status === 413 || status === 422)
  if (isClients) {
    const { message, param, code } = error
    return { kind: 'refused', refusal: refusals.invalidRequest(message, { param, code }) }
  }
  if (status === 429 || status === 503 || status === 529)
    return { kind: 'failed', refusal: refusals.overloaded(), why, status }
  return { kind: 'failed', refusal: refusals.upstreamFailed(model), why, status }
}

const LOST = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** An answer that broke off before anything of it reached the client. */
export function answerFailed(model: string, why: string): FailedAttempt {
  return { kind: 'failed', refusal: refusals.upstreamFailed(model), why }
}

/** Its time is over and nothing of it has reached the client. */
export function timedOut(model: string, withinMs: number): FailedAttempt {
  return { ...answerFailed(model, `nothing within ${withinMs} ms`), isTimedOut: true }
}

/** A request that got no answer at all. */
export function connectionFailed(model: string, error: Error): FailedAttempt {
  const isConnectionLost = LOST.has((error as NodeJS.ErrnoException).code ?? '')
  return { ...answerFailed(model, error.message), isConnectionLost }
}
