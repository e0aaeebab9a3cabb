/** Tries a model's servers in turn until one answers, as long as nothing has reached the client. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  Contest,
  type Entry,
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
  /** Another was faster, and this one was called off. */
  readonly isCalledOff?: boolean
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
  /** Absent: one is asked after the other. */
  readonly hedge?: Hedge
}

/** A second is asked when the first is slow. */
export interface Hedge {
  readonly afterMs: number
  /** Told how long a try took that answered, or had not yet when it was called off. */
  readonly note: (ms: number) => void
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
  /** Where another may be asked at the same time: nothing reaches the client before this one has won. */
  readonly entry: Entry | null
}

/** Without a document that says so; more tries than this only add to a storm. */
const ATTEMPTS_MAX = 3

type Send<Answer> = (asked: Asked) => Promise<Attempt<Answer>>

/** One server, and how it went. */
interface Tried<Answer> {
  readonly target: Target
  readonly outcome: Attempt<Answer>
}

export async function attemptTargets<Answer>(
  attempting: Attempting,
  send: Send<Answer>,
): Promise<Attempt<Answer>> {
  const { gateway, route, wish, hedge, onFailure } = attempting
  const picker = new Picker(attempting)
  const lost = new Set<string>()
  let last: Attempt<Answer> = {
    kind: 'failed',
    refusal: refusals.modelNotReady(route.model, route.stateText),
    why: 'no target',
  }
  if (wish?.document) gateway.routes.earnTry(route, wish.document.retries.sharePercent)
  for (let trying = picker.next(); trying !== null; trying = picker.next()) {
    const tries: readonly Tried<Answer>[] =
      hedge && picker.attempts === 1
        ? await tryTwo({ attempting, hedge, picker }, trying, send)
        : [await tryOne(attempting, trying, send)]
    const ended = tries.find(({ outcome }) => outcome.kind !== 'failed')
    for (const { target, outcome } of tries) {
      if (outcome.kind !== 'failed' || outcome.isCalledOff) continue
      last = outcome
      onFailure(target, outcome.why)
      // Once, the same server gets another chance, on a connection of its own time.
      if (outcome.isConnectionLost && !lost.has(target.id)) lost.add(target.id)
      else picker.strike(target)
    }
    if (ended) return ended.outcome
  }
  return last
}

/** Says whom to try next, as long as tries are left. */
class Picker {
  readonly #attempting: Attempting
  readonly #tried: string[] = []
  attempts = 0

  constructor(attempting: Attempting) {
    this.#attempting = attempting
  }

  /** It is not tried again. */
  strike({ id }: Target): void {
    this.#tried.push(id)
  }

  next(): Trying | null {
    return this.#pick(this.#tried, () => true)
  }

  /** Another for the same model beside one that is being tried, so that who wins changes no price. */
  beside({ target, route }: Trying): Trying | null {
    return this.#pick([...this.#tried, target.id], (decision) => decision.route === route)
  }

  #pick(tried: readonly string[], isWanted: (decision: RoutingDecision) => boolean): Trying | null {
    const { gateway, route, wish, routes } = this.#attempting
    if (this.attempts >= (wish?.attemptsMax ?? ATTEMPTS_MAX)) return null
    const decision = gateway.routes.choose(route, { wish, tried, among: routes })
    const { target } = decision
    if (!target || !isWanted(decision)) return null
    // What is asked for the first time costs no try.
    if (this.attempts > 0 && wish?.document && !gateway.routes.takeTry(route)) return null
    this.attempts += 1
    return { ...decision, target, attempts: this.attempts }
  }
}

interface Trying extends RoutingDecision {
  readonly target: Target
  readonly attempts: number
  readonly entry?: Entry
}

interface Two {
  readonly attempting: Attempting
  readonly hedge: Hedge
  readonly picker: Picker
}

/** Where the first is slow a second is asked; the first useful answer wins. Both are over when this is. */
async function tryTwo<Answer>(
  { attempting, hedge, picker }: Two,
  first: Trying,
  send: Send<Answer>,
): Promise<readonly Tried<Answer>[]> {
  const contest = new Contest()
  const one = tryOne(attempting, { ...first, entry: contest.enter() }, send)
  const second =
    (await isSlow(one, hedge.afterMs)) && !contest.isDecided ? picker.beside(first) : null
  if (second === null) return [await one]
  const trying = { ...second, reason: 'hedge' as const, entry: contest.enter() }
  return Promise.all([one, tryOne(attempting, trying, send)])
}

async function isSlow(work: Promise<unknown>, afterMs: number): Promise<boolean> {
  const over = new AbortController()
  const waiting = delay(afterMs, true, { signal: over.signal }).catch(() => false)
  try {
    return await Promise.race([work.then(() => false), waiting])
  } finally {
    over.abort()
  }
}

async function tryOne<Answer>(
  { gateway, route: asked, nowMs, onTried, hedge }: Attempting,
  { attempts, entry, ...decision }: Trying,
  send: Send<Answer>,
): Promise<Tried<Answer>> {
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
    const got = await send({ target, route, origin, onOutput, entry: entry ?? null })
    // What the second refuses the first may answer.
    const isEnd = got.kind === 'answered' || (got.kind === 'refused' && reason !== 'hedge')
    outcome = isEnd && entry?.claim() === false ? calledOff(route.model) : got
    return { target, outcome }
  } finally {
    const ms = nowMs() - startedMs
    const went = howItWent(outcome)
    gateway.routes.end(target, { outcome: went.outcome, firstOutputMs, answerMs: ms })
    if (went.outcome === 'answered' || went.outcome === 'called_off')
      hedge?.note(firstOutputMs ?? ms)
    onTried?.({ target, model: route.model, group, reason, startedMs, ms, ...went })
  }
}

function howItWent(outcome: Attempt<unknown> | null): Pick<Try, 'outcome' | 'status'> {
  if (outcome === null) return { outcome: 'failed', status: null }
  if (outcome.kind === 'answered' && outcome.isBroken) return { outcome: 'broken', status: null }
  if (outcome.kind !== 'failed') return { outcome: outcome.kind, status: null }
  const { isTimedOut, isConnectionLost, isCalledOff, status = null } = outcome
  if (isCalledOff) return { outcome: 'called_off', status }
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

/** Another was faster. */
export function calledOff(model: string): FailedAttempt {
  return { ...answerFailed(model, 'another was faster'), isCalledOff: true }
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
