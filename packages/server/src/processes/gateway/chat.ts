/** `POST /v1/chat/completions`: authenticate, admit, relay, record, in this order. */
import {
  type Bill,
  type Call,
  deliver,
  EMPTY_TALLY,
  type Gateway,
  readCompletion,
  type Refusal,
  refusals,
  renderRefusal,
  renderUpstreamBody,
  StreamRelay,
  type Target,
} from '#modules/gateway/index.ts'
import { type Attempt, attemptTargets } from './attempt.ts'
import { BODY_BYTES_MAX, type Exchange, readBody, sendJson, sendRefusal } from './exchange.ts'
import { StreamedAnswer, type StreamEnd } from './relay-stream.ts'
import { WholeAnswer } from './relay-whole.ts'
import type { Upstreams } from './upstreams.ts'
import type { Watch } from './watch.ts'

export interface ChatDeps {
  readonly gateway: Gateway
  readonly upstreams: Upstreams
  readonly watch: Watch
}

export async function serveChat(deps: ChatDeps, exchange: Exchange): Promise<void> {
  const identified = deps.gateway.identify(exchange.request.headers)
  const principal = identified instanceof Promise ? await identified : identified
  if ('status' in principal) return sendRefusal(exchange, principal)
  const body = await readBody(exchange.request)
  if (body.kind === 'aborted') return
  if (body.kind === 'too_large') return sendRefusal(exchange, refusals.bodyTooLarge(BODY_BYTES_MAX))
  const opened = deps.gateway.open(principal, body.bytes, (listener) =>
    exchange.response.once('close', listener),
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
async function relayWhole(deps: ChatDeps, exchange: Exchange, call: Call): Promise<void> {
  const outcome = await attempt<string>(deps, call, (target, body) => {
    return new Promise((resolve) => {
      const answer = new WholeAnswer(call.route.model, exchange, resolve)
      deps.upstreams.dispatch(target, body, answer)
    })
  })
  if (outcome.kind === 'gone') return
  if (outcome.kind !== 'answered') return sendRefusal(exchange, outcome.refusal)
  const completion = readCompletion(outcome.answer)
  if (!completion) return sendRefusal(exchange, refusals.upstreamFailed(call.route.model))
  const used = call.bill(deliver(EMPTY_TALLY, completion))
  const refusal = await finish(deps, call, { used, isDelivered: false })
  if (refusal) return sendRefusal(exchange, refusal)
  sendJson(exchange, renderAnswer(outcome.answer, completion.json, call))
  deps.watch.onAnswer(call, exchange, used)
}

/** The server's own words, but for the model's name, which is the one that was asked for. */
function renderAnswer(text: string, json: Readonly<Record<string, unknown>>, call: Call): string {
  return isRenamed(call) ? JSON.stringify({ ...json, model: call.route.model }) : text
}

function isRenamed({ route }: Call): boolean {
  return route.targets.some(({ upstreamModel }) => upstreamModel !== route.model)
}

async function relayStream(deps: ChatDeps, exchange: Exchange, call: Call): Promise<void> {
  const { request, route } = call
  const { wantsUsage, wantsContinuousUsage, choices } = request
  let relay: StreamRelay | null = null
  const outcome = await attempt<StreamEnd>(deps, call, (target, body) => {
    const attempted = new StreamRelay({
      model: route.model,
      isRenamed: target.upstreamModel !== route.model,
      choices,
      wantsUsage,
      wantsContinuousUsage,
    })
    relay = attempted
    const onStart = () => {
      deps.watch.onFirstOutput(call, exchange)
      call.startOutput(() => attempted.tally)
    }
    return new Promise((resolve) => {
      const answer = new StreamedAnswer({
        model: route.model,
        exchange,
        relay: attempted,
        onStart,
        resolve,
      })
      deps.upstreams.dispatch(target, body, answer)
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
  deps: ChatDeps,
  { exchange, call, relay, end }: EndedStream,
): Promise<void> {
  const used = call.bill(relay.tally)
  const refusal = await finish(deps, call, { used, isDelivered: true })
  const { response } = exchange
  deps.watch.onAnswer(call, exchange, used)
  if (end.kind === 'complete' && !refusal) return void response.end(relay.ending(used))
  if (end.kind === 'gone') return
  // No [DONE] follows: a client must not take a part for the whole.
  response.end(`data: ${renderRefusal(refusal ?? refusals.streamBroken(call.route.model))}\n\n`)
  if (end.kind === 'broken') deps.watch.onBrokenStream(call, end.why)
}

interface Ended {
  readonly used: Bill
  /** Whether the client has it already. */
  readonly isDelivered: boolean
}

/** Records the final usage; says what to answer when it could not be kept. */
async function finish(
  { watch }: ChatDeps,
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
  { gateway, watch }: ChatDeps,
  call: Call,
  send: (target: Target, body: string) => Promise<Attempt<Answer>>,
) {
  const onFailure = (target: Target, why: string) => watch.onTargetFailed(call, target, why)
  return attemptTargets<Answer>({ gateway, call, onFailure }, (target) =>
    send(target, renderUpstreamBody(call.request, target)),
  )
}
