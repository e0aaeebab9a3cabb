/** How many tokens a request's input has: its server is asked, and where that cannot say, it is estimated, and said so. */
import { estimateInputTokens, type Judged, PROVIDERS, refusals } from '#modules/gateway/index.ts'
import { type Asked, type Attempt, attemptTargets } from './attempt.ts'
import { BODY_BYTES_MAX, type Exchange, readBody, sendJson, sendRefusal } from './exchange.ts'
import { identifyCaller } from './identify.ts'
import type { InferenceDeps } from './inference.ts'
import { WholeAnswer } from './relay-whole.ts'

export async function serveCount(deps: InferenceDeps, exchange: Exchange): Promise<void> {
  const { gateway } = deps
  const { dialect, request, response } = exchange
  const principal = await identifyCaller(deps, request)
  if ('status' in principal) return sendRefusal(exchange, principal)
  const body = await readBody(request)
  if (body.kind === 'aborted') return
  if (body.kind === 'too_large') return sendRefusal(exchange, refusals.bodyTooLarge(BODY_BYTES_MAX))
  const asking = { principal, dialect, headers: request.headers, body: body.bytes }
  const judged = gateway.judge(asking, 'counting')
  if (judged.kind === 'refusal') return sendRefusal(exchange, judged)
  deps.watch.onKeyUsed(principal.apiKeyId)
  const outcome = await ask(deps, exchange, judged)
  if (outcome.kind === 'gone') return
  if (outcome.kind === 'refused') return sendRefusal(exchange, outcome.refusal)
  const counted = outcome.kind === 'answered' ? outcome.answer : null
  if (!response.headersSent)
    response.setHeader('x-spillway-count', counted === null ? 'estimated' : 'counted')
  sendJson(exchange, dialect.renderCount(counted ?? estimateInputTokens(dialect, judged.request)))
}

/** Null: the server answers, but does not count. */
function ask(
  { gateway, upstreams, nowMs }: InferenceDeps,
  exchange: Exchange,
  { dialect, request, route, wish, routes }: Judged,
): Promise<Attempt<number | null>> {
  // A server that cannot count has not failed: nothing is held against it.
  const send = async (asked: Asked): Promise<Attempt<number | null>> => {
    const { target } = asked
    const provider = PROVIDERS[target.provider]
    const asking = provider.renderCount({ dialect, request, target })
    if (asking === null) return { kind: 'answered', answer: null }
    if ('status' in asking) return { kind: 'refused', refusal: asking }
    const outcome = await new Promise<Attempt<string>>((resolve) => {
      upstreams.dispatch(target, asking, new WholeAnswer(asked, exchange, resolve))
    })
    if (outcome.kind === 'answered')
      return { kind: 'answered', answer: provider.readCount(outcome.answer) }
    return outcome.kind === 'failed' ? { kind: 'answered', answer: null } : outcome
  }
  return attemptTargets({ gateway, route, wish, routes, nowMs, onFailure: () => undefined }, send)
}
