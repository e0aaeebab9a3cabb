/** A request for an answer, in any dialect: authenticate, admit, relay, record, in this order. */
import {
  type AnswerContext,
  type Bill,
  type Call,
  Crossing,
  deliver,
  EMPTY_TALLY,
  isNative,
  type ModelRequest,
  type Passage,
  type Provider,
  PROVIDERS,
  type Refusal,
  refusals,
  StreamRelay,
  type Target,
  type Try,
  type UpstreamRequest,
  wireOf,
} from '#modules/gateway/index.ts'
import { answerFailed, type Asked, type Attempt, attemptTargets } from './attempt.ts'
import { BODY_BYTES_MAX, type Exchange, readBody, sendJson, sendRefusal } from './exchange.ts'
import { identifyCaller, type IdentifyDeps } from './identify.ts'
import { StreamedAnswer, type StreamEnd } from './relay-stream.ts'
import { WholeAnswer } from './relay-whole.ts'
import type { Upstreams } from './upstreams.ts'
import type { Watch } from './watch.ts'

export interface InferenceDeps extends IdentifyDeps {
  readonly upstreams: Upstreams
  readonly watch: Watch
  /** The monotonic clock, for durations. */
  readonly nowMs: () => number
}

export async function serveInference(deps: InferenceDeps, exchange: Exchange): Promise<void> {
  const identified = identifyCaller(deps, exchange.request)
  const principal = identified instanceof Promise ? await identified : identified
  if ('status' in principal) return sendRefusal(exchange, principal)
  const body = await readBody(exchange.request)
  if (body.kind === 'aborted') return
  if (body.kind === 'too_large') return sendRefusal(exchange, refusals.bodyTooLarge(BODY_BYTES_MAX))
  const { dialect, request } = exchange
  const opened = deps.gateway.open(
    { principal, dialect, headers: request.headers, body: body.bytes },
    (listener) => exchange.response.once('close', listener),
  )
  const call = opened instanceof Promise ? await opened : opened
  if (call.kind === 'refusal') return sendRefusal(exchange, call)
  deps.watch.onKeyUsed(principal.apiKeyId)
  if (call.answerHeaders) sayBeside(exchange, call.answerHeaders)
  try {
    if (exchange.response.destroyed) return
    await (call.request.isStream
      ? relayStream(deps, exchange, call)
      : relayWhole(deps, exchange, call))
  } finally {
    call.cancel()
  }
}

/** Headers that an answer has whatever becomes of it. */
function sayBeside({ response }: Exchange, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}

/** What is recorded is what is sent: a body that cannot be kept on record is not sent. */
async function relayWhole(deps: InferenceDeps, exchange: Exchange, call: Call): Promise<void> {
  const withinMs = call.wish?.document?.timeouts.answerMs
  const outcome = await attempt<WholeText>(deps, call, async (asked, request) => {
    const got = await new Promise<Attempt<string>>((resolve) => {
      const answer = new WholeAnswer(asked, exchange, resolve)
      limitTime(answer, exchange, withinMs)
      deps.upstreams.dispatch(asked.target, request, answer)
    })
    if (got.kind !== 'answered') return got
    const wire = wireOf(PROVIDERS[asked.target.provider], call.dialect.name)
    const whole = wire.readAnswer(got.answer, call.request)
    if (whole) return { kind: 'answered', answer: { asked, text: got.answer, whole } }
    return answerFailed(asked.route.model, 'what came is no answer')
  })
  if (outcome.kind === 'gone') return
  if (outcome.kind !== 'answered') return sendRefusal(exchange, outcome.refusal)
  await sendWhole(deps, { exchange, call, ...outcome.answer })
}

interface Limited {
  giveUp(withinMs: number): void
}

/** Gives an answer up that is not there in time. Most have no such limit, and no timer. */
function limitTime(answer: Limited, { response }: Exchange, withinMs: number | undefined): void {
  if (withinMs === undefined) return
  const timer = setTimeout(() => answer.giveUp(withinMs), withinMs).unref()
  response.once('close', () => clearTimeout(timer))
}

interface WholeText {
  readonly asked: Asked
  readonly text: string
  /** What the text says. */
  readonly whole: NonNullable<ReturnType<Provider['readAnswer']>>
}

async function sendWhole(
  deps: InferenceDeps,
  { exchange, call, asked, text, whole }: WholeText & { exchange: Exchange; call: Call },
): Promise<void> {
  const { target, origin } = asked
  const { model } = call.served
  const provider = PROVIDERS[target.provider]
  const { dialect, request } = call
  const used = call.bill(deliver(EMPTY_TALLY, whole))
  const refusal = await finish(deps, call, { used, isDelivered: false })
  if (refusal) return sendRefusal(exchange, refusal)
  if (!isNative(provider, dialect.name)) {
    const context = contextOf(deps, exchange, call)
    const events = provider.readEvents(whole.json)
    sendJson(exchange, dialect.renderAnswer(context, events, used), origin)
  } else {
    const mended = dialect.mendAnswer?.(request, whole.json, used) ?? null
    // The server's own words, but for the model's name, which is the one that is charged for.
    if (mended === null && target.upstreamModel === model) sendJson(exchange, text, origin)
    else sendJson(exchange, JSON.stringify({ ...(mended ?? whole.json), model }), origin)
  }
  deps.watch.onAnswer(call, exchange, used)
}

const REQUEST_PREFIX = 'req_'

function contextOf(
  { now }: InferenceDeps,
  { requestId }: Exchange,
  { request, served }: Call,
): AnswerContext {
  const createdS = Math.floor(now().getTime() / 1000)
  return { request, model: served.model, id: requestId.slice(REQUEST_PREFIX.length), createdS }
}

/** Untouched where server and client speak the same, translated event by event where they do not. */
function passageOf(context: AnswerContext, { dialect }: Call, target: Target): Passage {
  const provider = PROVIDERS[target.provider]
  const reader = wireOf(provider, dialect.name).openReader()
  if (!isNative(provider, dialect.name)) return new Crossing(reader, dialect.openWriter(context))
  return dialect.openPassage(context, {
    isRenamed: target.upstreamModel !== context.model,
    reader,
  })
}

async function relayStream(deps: InferenceDeps, exchange: Exchange, call: Call): Promise<void> {
  let relay: StreamRelay | null = null
  const withinMs = call.wish?.document?.timeouts.firstOutputMs
  const outcome = await attempt<StreamEnd>(deps, call, (asked, request) => {
    const context = contextOf(deps, exchange, call)
    const attempted = new StreamRelay(passageOf(context, call, asked.target), call.request.choices)
    relay = attempted
    const onStart = () => {
      deps.watch.onFirstOutput(call, exchange)
      call.startOutput(() => attempted.tally)
    }
    return new Promise((resolve) => {
      const answer = new StreamedAnswer({ asked, exchange, relay: attempted, onStart, resolve })
      limitTime(answer, exchange, withinMs)
      deps.upstreams.dispatch(asked.target, request, answer)
    })
  })
  if (outcome.kind === 'gone') return
  if (outcome.kind !== 'answered') return sendRefusal(exchange, outcome.refusal)
  if (relay) await endStream(deps, { exchange, call, relay, end: outcome.answer })
}

interface EndedStream {
  readonly exchange: Exchange
  readonly call: Call
  readonly relay: StreamRelay
  readonly end: StreamEnd
}

async function endStream(
  deps: InferenceDeps,
  { exchange, call, relay, end }: EndedStream,
): Promise<void> {
  const used = call.bill(relay.tally)
  const refusal = await finish(deps, call, { used, isDelivered: true })
  const { response } = exchange
  deps.watch.onAnswer(call, exchange, used)
  if (end.kind === 'complete' && !refusal) return void response.end(relay.ending(used))
  if (end.kind === 'gone') return
  // No ending follows: a client must not take a part for the whole.
  const told = refusal ?? refusals.streamBroken(call.served.model)
  const { requestId } = exchange
  response.end(relay.broken(told, used) ?? call.dialect.renderBroken(told, requestId))
  if (end.kind === 'broken') deps.watch.onBrokenStream(call, end.why)
}

interface Ended {
  readonly used: Bill
  /** Whether the client has it already. */
  readonly isDelivered: boolean
}

/** Records the final usage; says what to answer when it could not be kept. */
async function finish(
  { watch }: InferenceDeps,
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

function attempt<Answer>(
  { gateway, watch, nowMs }: InferenceDeps,
  call: Call,
  send: (asked: Asked, request: UpstreamRequest) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const { dialect, request, route, wish, routes } = call
  const onFailure = (target: Target, why: string) => watch.onTargetFailed(route.model, target, why)
  const onTried = (tried: Try) => {
    call.note(tried)
    watch.onTried(route.model, tried)
  }
  const attempting = { gateway, route, wish, routes, nowMs, onFailure, onTried }
  return attemptTargets<Answer>(attempting, (asked) => {
    call.ask(asked.route)
    const { target } = asked
    const named = asked.route === route ? request : renamed(request, asked.route.model)
    const wire = wireOf(PROVIDERS[target.provider], dialect.name)
    const asking = wire.renderRequest({ dialect, request: named, target })
    if ('body' in asking) return send(asked, asking)
    return Promise.resolve({ kind: 'refused', refusal: asking })
  })
}
