/** Asks a model's servers, and records what an answer used: for clients, and for guardrails that ask a model. */
import {
  type Bill,
  type Call,
  type Gateway,
  hedgeOf,
  type ModelRequest,
  type Provider,
  PROVIDERS,
  type Refusal,
  refusals,
  type Target,
  type Try,
  type UpstreamRequest,
  wireOf,
} from '#modules/gateway/index.ts'
import type { Principal } from '#modules/identity/index.ts'
import { answerFailed, type Asked, type Attempt, attemptTargets, type Hedge } from './attempt.ts'
import type { Exchange, Waiting } from './exchange.ts'
import { WholeAnswer } from './relay-whole.ts'
import type { Upstreams } from './upstreams.ts'
import type { Watch } from './watch.ts'

export interface AskDeps {
  readonly gateway: Gateway
  readonly upstreams: Upstreams
  readonly watch: Watch
  /** The monotonic clock, for durations. */
  readonly nowMs: () => number
}

/** A request that was admitted, and whose it is. */
export interface Admitted {
  readonly exchange: Exchange
  readonly principal: Principal
  readonly call: Call
}

/** Calls back when the client goes away. */
export function onGoneOf({ response }: Waiting) {
  return (listener: () => void) => void response.once('close', listener)
}

interface Limited {
  giveUp(withinMs: number): void
}

/** Gives an answer up that is not there in time. Most have no such limit, and no timer. */
export function limitTime(
  answer: Limited,
  { response }: Waiting,
  withinMs: number | undefined,
): void {
  if (withinMs === undefined) return
  const timer = setTimeout(() => answer.giveUp(withinMs), withinMs).unref()
  response.once('close', () => clearTimeout(timer))
}

export interface WholeText {
  readonly asked: Asked
  readonly text: string
  /** What the text says. */
  readonly whole: NonNullable<ReturnType<Provider['readAnswer']>>
}

/** An answer in one piece, as the server said it. Nothing is recorded of it yet. */
export function askWhole(
  deps: AskDeps,
  exchange: Waiting,
  call: Call,
): Promise<Attempt<WholeText>> {
  const withinMs = call.wish?.document?.timeouts.answerMs
  return attempt<WholeText>(deps, call, async (asked, request) => {
    const got = await new Promise<Attempt<string>>((resolve) => {
      const answer = new WholeAnswer(asked, exchange, resolve)
      asked.entry?.onLost(() => answer.callOff())
      limitTime(answer, exchange, withinMs)
      deps.upstreams.dispatch(asked.target, request, answer)
    })
    if (got.kind !== 'answered') return got
    const wire = wireOf(PROVIDERS[asked.target.provider], call.dialect.name)
    const whole = wire.readAnswer(got.answer, call.request)
    if (whole) return { kind: 'answered', answer: { asked, text: got.answer, whole } }
    return answerFailed(asked.route.model, 'what came is no answer')
  })
}

interface Ended {
  readonly used: Bill
  /** Whether the client has it already. */
  readonly isDelivered: boolean
}

/** Records the final usage; says what to answer when it could not be kept. */
export async function finish(
  { watch }: AskDeps,
  call: Call,
  { used, isDelivered }: Ended,
): Promise<Refusal | null> {
  try {
    await call.finish(used, { isDelivered })
    return null
  } catch (failure) {
    watch.onRecordLost(call, failure)
    return refusals.recordsAway()
  }
}

/** The same request of another model. */
function renamed(request: ModelRequest, model: string): ModelRequest {
  return { ...request, model, body: { ...request.body, model } }
}

/** Nearly always nothing: only a route asks two at once. */
function hedgeFor({ routes }: Gateway, { wish, request, guard, route }: Call): { hedge?: Hedge } {
  const rule = hedgeOf(wish, request, guard?.screening.isOutput ?? false)
  // What gives way to others does not take two places.
  if (rule === null || route.tier === 'batch' || route.tier === 'flex') return {}
  const key = `${request.isStream ? 'stream' : 'whole'} ${route.model}`
  const { hedgeTimes } = routes
  return {
    hedge: {
      afterMs: hedgeTimes.afterMs(rule, key),
      note: (ms) => hedgeTimes.note(key, ms),
    },
  }
}

/** A server of ours goes on with the trace; servers of somebody else hear nothing of it. */
function traced(asking: UpstreamRequest, { traceparent }: Call, { kind }: Target): UpstreamRequest {
  if (traceparent === null || kind !== 'replica') return asking
  return { ...asking, headers: { ...asking.headers, traceparent } }
}

export function attempt<Answer>(
  { gateway, watch, nowMs }: AskDeps,
  call: Call,
  send: (asked: Asked, request: UpstreamRequest) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const { dialect, request, route, wish, routes } = call
  const onFailure = (target: Target, why: string) => watch.onTargetFailed(route.model, target, why)
  const onTried = (tried: Try) => {
    call.note(tried)
    watch.onTried(route.model, tried)
  }
  const hedge = hedgeFor(gateway, call)
  const attempting = { gateway, route, wish, routes, nowMs, onFailure, onTried, ...hedge }
  return attemptTargets<Answer>(attempting, (asked) => {
    call.ask(asked.route)
    const { target } = asked
    const named = asked.route === route ? request : renamed(request, asked.route.model)
    const wire = wireOf(PROVIDERS[target.provider], dialect.name)
    const asking = wire.renderRequest({ dialect, request: named, target })
    if ('body' in asking) return send(asked, traced(asking, call, target))
    return Promise.resolve({ kind: 'refused', refusal: asking })
  })
}
