/** A request for an answer, in any dialect: authenticate, admit, relay, record, in this order. */
import {
  type AnswerContext,
  type Call,
  Crossing,
  deliver,
  EMPTY_TALLY,
  EventsKept,
  isNative,
  type Passage,
  PROVIDERS,
  refusals,
  StreamRelay,
  type Target,
  wireOf,
} from '#modules/gateway/index.ts'
import {
  type Admitted,
  askWhole,
  type AskDeps,
  attempt,
  finish,
  limitTime,
  onGoneOf,
  type WholeText,
} from './asking.ts'
import type { Attempt } from './attempt.ts'
import type { ContentServing } from './content-serving.ts'
import { BODY_BYTES_MAX, type Exchange, readBody, sendJson, sendRefusal } from './exchange.ts'
import { identifyCaller, type IdentifyDeps } from './identify.ts'
import { askJudges } from './judges.ts'
import type { KeyedServing, Received } from './keyed.ts'
import { StreamedAnswer, type StreamEnd } from './relay-stream.ts'
import type { Sights } from './sights.ts'
import { contextOf, renderWhole } from './whole-answer.ts'

export interface InferenceDeps extends IdentifyDeps, AskDeps {
  readonly keyed: KeyedServing
  readonly content: ContentServing
  /** Null: nobody looks on. */
  readonly sights: Sights | null
}

export async function serveInference(deps: InferenceDeps, exchange: Exchange): Promise<void> {
  const identified = identifyCaller(deps, exchange.request)
  const principal = identified instanceof Promise ? await identified : identified
  if ('status' in principal) return sendRefusal(exchange, principal)
  if (deps.sights !== null) exchange.sight = deps.sights.open(exchange, principal)
  const body = await readBody(exchange.request)
  if (body.kind === 'aborted') return
  if (body.kind === 'too_large') return sendRefusal(exchange, refusals.bodyTooLarge(BODY_BYTES_MAX))
  const received = { exchange, principal, body: body.bytes }
  const key = exchange.request.headers['idempotency-key']
  if (typeof key !== 'string') return serveReceived(deps, received)
  return deps.keyed.serve({ ...received, key }, (each) => serveReceived(deps, each))
}

async function serveReceived(
  deps: InferenceDeps,
  { exchange, principal, body }: Received,
): Promise<void> {
  const { dialect, request, kept, sight } = exchange
  const opened = deps.gateway.open(
    { principal, dialect, headers: request.headers, body, record: kept?.record, sight },
    onGoneOf(exchange),
  )
  const call = opened instanceof Promise ? await opened : opened
  if (call.kind === 'refusal') return sendRefusal(exchange, call)
  sight?.take(call)
  deps.watch.onKeyUsed(principal.apiKeyId)
  if (call.answerHeaders) sayBeside(exchange, call.answerHeaders)
  try {
    if (exchange.response.destroyed) return
    await answer(deps, { exchange, principal, call })
  } finally {
    call.cancel()
  }
}

/** Headers that an answer has whatever becomes of it. */
function sayBeside({ response }: Exchange, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}

/** Where a model judges that the request is for another one, that one answers. */
async function answer(deps: InferenceDeps, { exchange, principal, call }: Admitted): Promise<void> {
  const ruling = call.guard ? await askJudges(deps, { exchange, principal, call }) : null
  if (exchange.response.destroyed) return
  if (ruling?.kind === 'refusal') return sendRefusal(exchange, ruling)
  if (ruling?.kind !== 'redirect') return relay(deps, { exchange, principal, call })
  call.cancel()
  const { dialect, request, kept } = exchange
  const asking = { principal, dialect, headers: request.headers, body: ruling.body }
  const other = await deps.gateway.open(
    { ...asking, guard: 'asked', record: kept?.record },
    onGoneOf(exchange),
  )
  if (other.kind === 'refusal') return sendRefusal(exchange, other)
  exchange.sight?.take(other)
  try {
    await relay(deps, { exchange, principal, call: other })
  } finally {
    other.cancel()
  }
}

function relay(deps: InferenceDeps, { exchange, principal, call }: Admitted): Promise<void> {
  const found = call.guard?.screening.render() ?? ''
  if (found !== '') exchange.response.setHeader(GUARDRAILS_HEADER, found)
  const ask = call.request.isStream ? relayStream : relayWhole
  const policy = deps.content.policies.find(principal.projectId)
  if (policy === undefined) return ask(deps, exchange, call)
  const kept = { exchange, principal, call, policy }
  return deps.content.serve(deps, kept, (each) => ask(deps, each, call))
}

/** What is recorded is what is sent: a body that cannot be kept on record is not sent. */
async function relayWhole(deps: InferenceDeps, exchange: Exchange, call: Call): Promise<void> {
  const outcome = await askWhole(deps, exchange, call)
  if (outcome.kind === 'gone') return
  if (outcome.kind !== 'answered') return sendRefusal(exchange, outcome.refusal)
  await sendWhole(deps, { exchange, call, ...outcome.answer })
}

async function sendWhole(
  deps: InferenceDeps,
  { exchange, call, asked, text, whole }: WholeText & { exchange: Exchange; call: Call },
): Promise<void> {
  const used = call.bill(deliver(EMPTY_TALLY, whole))
  exchange.sight?.end('complete', call.served, used)
  const refusal = await finish(deps, call, { used, isDelivered: false })
  if (refusal) return sendRefusal(exchange, refusal)
  const provider = PROVIDERS[asked.target.provider]
  exchange.kept?.onWhole({ call, used, events: () => provider.readEvents(whole.json), text })
  const rendered = renderWhole(contextOf(deps, exchange, call), call, { asked, text, whole, used })
  const found = call.guard?.screening.isOutput ? call.guard.screening.render() : ''
  if (found !== '') exchange.response.setHeader(GUARDRAILS_HEADER, found)
  sendJson(exchange, rendered, asked.origin)
  deps.watch.onAnswer(call, exchange, used)
}

/** What guardrails found, by name: never the thing itself. */
const GUARDRAILS_HEADER = 'x-spillway-guardrails'

/** Untouched where server and client speak the same, translated event by event where they do not. */
function passageOf(context: AnswerContext, { dialect, guard }: Call, target: Target): Passage {
  const provider = PROVIDERS[target.provider]
  const reader = wireOf(provider, dialect.name).openReader()
  if (guard?.screening.isOutput)
    return new Crossing(guard.screening.guard(reader), dialect.openWriter(context))
  if (!isNative(provider, dialect.name)) return new Crossing(reader, dialect.openWriter(context))
  return dialect.openPassage(context, {
    isRenamed: target.upstreamModel !== context.model,
    reader,
  })
}

function follow(passage: Passage, { dialect }: Call, { provider }: Target): EventsKept {
  return new EventsKept(passage, wireOf(PROVIDERS[provider], dialect.name).openReader())
}

async function relayStream(deps: InferenceDeps, exchange: Exchange, call: Call): Promise<void> {
  const withinMs = call.wish?.document?.timeouts.firstOutputMs
  const outcome = await attempt<RelayedStream>(deps, call, (asked, request) => {
    const context = contextOf(deps, exchange, call)
    const { [asked.target.provider]: provider } = PROVIDERS
    const framing = wireOf(provider, call.dialect.name).openFraming?.()
    const passage = passageOf(context, call, asked.target)
    const followed = exchange.kept?.isFollowed ? follow(passage, call, asked.target) : null
    const attempted = new StreamRelay(followed ?? passage, call.request.choices, framing)
    const onStart = () => {
      deps.watch.onFirstOutput(call, exchange)
      exchange.sight?.onFirstOutput()
      call.startOutput(() => attempted.tally)
    }
    return new Promise((settle) => {
      const resolve = (ended: Attempt<StreamEnd>) =>
        settle(
          ended.kind === 'answered'
            ? { ...ended, answer: { relay: attempted, followed, end: ended.answer } }
            : ended,
        )
      const answer = new StreamedAnswer({ asked, exchange, relay: attempted, onStart, resolve })
      asked.entry?.onLost(() => answer.callOff())
      limitTime(answer, exchange, withinMs)
      deps.upstreams.dispatch(asked.target, request, answer)
    })
  })
  if (outcome.kind === 'gone') return
  if (outcome.kind !== 'answered') return sendRefusal(exchange, outcome.refusal)
  await endStream(deps, { exchange, call, ...outcome.answer })
}

/** How a stream went, and what of it was relayed. */
interface RelayedStream {
  readonly relay: StreamRelay
  readonly followed: EventsKept | null
  readonly end: StreamEnd
}

interface EndedStream extends RelayedStream {
  readonly exchange: Exchange
  readonly call: Call
}

async function endStream(
  deps: InferenceDeps,
  { exchange, call, relay, followed, end }: EndedStream,
): Promise<void> {
  const used = call.bill(relay.tally)
  exchange.sight?.end(end.kind, call.served, used)
  const refusal = await finish(deps, call, { used, isDelivered: true })
  const { response } = exchange
  deps.watch.onAnswer(call, exchange, used)
  if (end.kind === 'complete' && !refusal) {
    exchange.kept?.onWhole({ call, used, events: () => followed?.events ?? null, text: null })
    return void response.end(relay.ending(used))
  }
  if (end.kind === 'gone') return
  // No ending follows: a client must not take a part for the whole.
  const told = refusal ?? refusals.streamBroken(call.served.model)
  const { requestId } = exchange
  response.end(relay.broken(told, used) ?? call.dialect.renderBroken(told, requestId))
  if (end.kind === 'broken') deps.watch.onBrokenStream(call, end.why)
}
