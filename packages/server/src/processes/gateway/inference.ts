/** A request for an answer, in any dialect: authenticate, admit, relay, record, in this order. */
import {
  type AnswerContext,
  type Bill,
  type Call,
  Crossing,
  deliver,
  EMPTY_TALLY,
  type Gateway,
  isNative,
  type Passage,
  PROVIDERS,
  type Refusal,
  refusals,
  StreamRelay,
  type Target,
  type UpstreamRequest,
  wireOf,
} from '#modules/gateway/index.ts'
import { type Attempt, attemptTargets } from './attempt.ts'
import { BODY_BYTES_MAX, type Exchange, readBody, sendJson, sendRefusal } from './exchange.ts'
import { StreamedAnswer, type StreamEnd } from './relay-stream.ts'
import { WholeAnswer } from './relay-whole.ts'
import type { Upstreams } from './upstreams.ts'
import type { Watch } from './watch.ts'

export interface InferenceDeps {
  readonly gateway: Gateway
  readonly upstreams: Upstreams
  readonly watch: Watch
  readonly now: () => Date
}

export async function serveInference(deps: InferenceDeps, exchange: Exchange): Promise<void> {
  const identified = deps.gateway.identify(exchange.request.headers)
  const principal = identified instanceof Promise ? await identified : identified
  if ('status' in principal) return sendRefusal(exchange, principal)
  const body = await readBody(exchange.request)
  if (body.kind === 'aborted') return
  if (body.kind === 'too_large') return sendRefusal(exchange, refusals.bodyTooLarge(BODY_BYTES_MAX))
  const opened = deps.gateway.open(
    principal,
    { dialect: exchange.dialect, body: body.bytes },
    (listener) => exchange.response.once('close', listener),
  )
  const call = opened instanceof Promise ? await opened : opened
  if (call.kind === 'refusal') return sendRefusal(exchange, call)
  deps.watch.onKeyUsed(principal.apiKeyId)
  try {
    if (exchange.response.destroyed) return
    await (call.request.isStream
      ? relayStream(deps, exchange, call)
      : relayWhole(deps, exchange, call))
  } finally {
    call.cancel()
  }
}

/** What is recorded is what is sent: a body that cannot be kept on record is not sent. */
async function relayWhole(deps: InferenceDeps, exchange: Exchange, call: Call): Promise<void> {
  let asked: Target | null = null
  const outcome = await attempt<string>(deps, call, (target, request) => {
    asked = target
    return new Promise((resolve) => {
      const answer = new WholeAnswer({ model: call.route.model, target }, exchange, resolve)
      deps.upstreams.dispatch(target, request, answer)
    })
  })
  if (outcome.kind === 'gone') return
  if (outcome.kind !== 'answered' || asked === null)
    return sendRefusal(
      exchange,
      outcome.kind === 'answered' ? refusals.upstreamFailed(call.route.model) : outcome.refusal,
    )
  await sendWhole(deps, { exchange, call, target: asked, text: outcome.answer })
}

interface WholeText {
  readonly exchange: Exchange
  readonly call: Call
  readonly target: Target
  readonly text: string
}

async function sendWhole(
  deps: InferenceDeps,
  { exchange, call, target, text }: WholeText,
): Promise<void> {
  const { model } = call.route
  const provider = PROVIDERS[target.provider]
  const { dialect, request } = call
  const answer = wireOf(provider, dialect.name).readAnswer(text, request)
  if (!answer) return sendRefusal(exchange, refusals.upstreamFailed(model))
  const used = call.bill(deliver(EMPTY_TALLY, answer))
  const refusal = await finish(deps, call, { used, isDelivered: false })
  if (refusal) return sendRefusal(exchange, refusal)
  if (!isNative(provider, dialect.name)) {
    const context = contextOf(deps, exchange, call)
    sendJson(exchange, dialect.renderAnswer(context, provider.readEvents(answer.json), used))
  } else {
    const mended = dialect.mendAnswer?.(request, answer.json, used) ?? null
    // The server's own words, but for the model's name, which is the one that was asked for.
    if (mended === null && target.upstreamModel === model) sendJson(exchange, text)
    else sendJson(exchange, JSON.stringify({ ...(mended ?? answer.json), model }))
  }
  deps.watch.onAnswer(call, exchange, used)
}

const REQUEST_PREFIX = 'req_'

function contextOf(
  { now }: InferenceDeps,
  { requestId }: Exchange,
  { request, route }: Call,
): AnswerContext {
  const createdS = Math.floor(now().getTime() / 1000)
  return { request, model: route.model, id: requestId.slice(REQUEST_PREFIX.length), createdS }
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
  const context = contextOf(deps, exchange, call)
  let relay: StreamRelay | null = null
  const outcome = await attempt<StreamEnd>(deps, call, (target, request) => {
    const attempted = new StreamRelay(passageOf(context, call, target), call.request.choices)
    relay = attempted
    const onStart = () => {
      deps.watch.onFirstOutput(call, exchange)
      call.startOutput(() => attempted.tally)
    }
    return new Promise((resolve) => {
      const answer = new StreamedAnswer({
        asked: { model: call.route.model, target },
        exchange,
        relay: attempted,
        onStart,
        resolve,
      })
      deps.upstreams.dispatch(target, request, answer)
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
  const told = refusal ?? refusals.streamBroken(call.route.model)
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

function attempt<Answer>(
  { gateway, watch }: InferenceDeps,
  call: Call,
  send: (target: Target, request: UpstreamRequest) => Promise<Attempt<Answer>>,
): Promise<Attempt<Answer>> {
  const { dialect, request, route } = call
  const onFailure = (target: Target, why: string) => watch.onTargetFailed(route.model, target, why)
  return attemptTargets<Answer>({ gateway, route, request, onFailure }, (target) => {
    const wire = wireOf(PROVIDERS[target.provider], dialect.name)
    const asking = wire.renderRequest({ dialect, request, target })
    if ('body' in asking) return send(target, asking)
    return Promise.resolve({ kind: 'refused', refusal: asking })
  })
}
