/** What is said of an answer in one piece: to a client, or in a batch's file. */
import {
  type AnswerContext,
  type Bill,
  type Call,
  isNative,
  PROVIDERS,
  renderTier,
} from '#modules/gateway/index.ts'
import type { WholeText } from './asking.ts'

const REQUEST_PREFIX = 'req_'

interface ContextDeps {
  readonly now: () => Date
}

export function contextOf(
  { now }: ContextDeps,
  { requestId }: { readonly requestId: string },
  { request, served, dialect }: Call,
): AnswerContext {
  const createdS = Math.floor(now().getTime() / 1000)
  const id = requestId.slice(REQUEST_PREFIX.length)
  const context = { request, model: served.model, id, createdS }
  if (request.needs.tier === null) return context
  return { ...context, tier: renderTier(dialect.name, served) }
}

/** JSON in the client's dialect, with whatever guardrails let through of it. */
export function renderWhole(
  context: AnswerContext,
  { dialect, request, guard }: Call,
  { asked: { target }, text, whole, used }: WholeText & { readonly used: Bill },
): string {
  const provider = PROVIDERS[target.provider]
  const screening = guard?.screening ?? null
  const { model, tier } = context
  if (screening?.isOutput || !isNative(provider, dialect.name)) {
    const events = provider.readEvents(whole.json)
    return dialect.renderAnswer(context, screening ? screening.screen(events) : events, used)
  }
  const mended = dialect.mendAnswer?.(request, whole.json, used) ?? null
  // The server's own words, but for the model's name, which is the one that is charged for.
  if (mended === null && target.upstreamModel === model && tier === undefined) return text
  const told = { ...(mended ?? whole.json), model }
  return JSON.stringify(tier === undefined ? told : (dialect.mendTier?.(told, tier) ?? told))
}
