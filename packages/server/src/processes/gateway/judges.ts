/** Asks the models that judge requests for guardrails. What cannot be judged is not answered. */
import {
  type Call,
  deliver,
  DIALECTS,
  EMPTY_TALLY,
  PROVIDERS,
  redirect,
  type Refusal,
  refusals,
  type Sight,
  textOf,
} from '#modules/gateway/index.ts'
import type { ModelRail } from '#modules/guardrail/index.ts'
import type { Principal } from '#modules/identity/index.ts'
import { askWhole, type AskDeps, finish, onGoneOf, type WholeText } from './asking.ts'
import type { Waiting } from './exchange.ts'

export type Ruling =
  | { readonly kind: 'sound' }
  | Refusal
  /** The request goes to another model: this is its body. */
  | { readonly kind: 'redirect'; readonly body: Uint8Array }

/** A judge says a word, and perhaps which kind of thing it found. */
const JUDGEMENT_TOKENS_MAX = 32
const SOUND: Ruling = { kind: 'sound' }
const GONE: ReadonlySet<string> = new Set(['model_not_found', 'model_retired'])

/** A request that was admitted, and whose it is. */
export interface Asked {
  readonly exchange: Waiting
  readonly principal: Principal
  readonly call: Call
}

/** What the judges say of a request, each asked in turn. */
export async function askJudges(deps: AskDeps, asked: Asked): Promise<Ruling> {
  const { guard, request } = asked.call
  if (guard === null || guard.judges.length === 0) return SOUND
  for (const judge of guard.judges) {
    const said = await askOne(deps, asked, judge)
    if (said === null) return refusals.cannotJudge(judge.guardrail.name)
    if (typeof said !== 'string') return said
    if (!said.trimStart().toLowerCase().startsWith(judge.check.unsafe.toLowerCase())) continue
    guard.screening.note(judge)
  }
  const verdict = guard.screening.verdict()
  if (verdict.kind === 'blocked') return refusals.blocked(verdict.by.name, verdict.why)
  if (verdict.kind === 'routed')
    return { kind: 'redirect', body: redirect(request, verdict.toModel) }
  return SOUND
}

/** What one judge says, paid as any other answer; null where it says nothing that can be read. */
async function askOne(
  deps: AskDeps,
  { exchange, principal, call: asked }: Asked,
  judge: ModelRail,
): Promise<string | Refusal | null> {
  const body = renderQuestion(judge, textOf(asked.request))
  const asking = { principal, dialect: DIALECTS.chat, headers: {}, body, guard: 'none' } as const
  const sight = exchange.sight?.beside(judge.guardrail.name) ?? null
  const call = await deps.gateway.open({ ...asking, sight }, onGoneOf(exchange))
  // The client named no such model: that its project may not use it, or that it went, is the guardrail's trouble.
  if (call.kind === 'refusal') return GONE.has(call.error.code ?? '') ? null : call
  sight?.take(call)
  try {
    const outcome = await askWhole(deps, exchange, call)
    if (outcome.kind === 'gone') return null
    if (outcome.kind === 'answered') return await read(deps, { call, sight }, outcome.answer)
    sight?.refuse(outcome.refusal)
    return outcome.refusal
  } finally {
    call.cancel()
    sight?.close()
  }
}

function renderQuestion({ check }: ModelRail, text: string): Uint8Array {
  const { model, instructions } = check
  const system = instructions === undefined ? [] : [{ role: 'system', content: instructions }]
  const messages = [...system, { role: 'user', content: text }]
  const settings = { max_tokens: JUDGEMENT_TOKENS_MAX, temperature: 0 }
  return Buffer.from(JSON.stringify({ model, messages, ...settings }))
}

async function read(
  deps: AskDeps,
  { call, sight }: { readonly call: Call; readonly sight: Sight | null },
  { asked, whole }: WholeText,
): Promise<string | Refusal> {
  const used = call.bill(deliver(EMPTY_TALLY, whole))
  sight?.end('complete', call.served, used)
  const lost = await finish(deps, call, { used, isDelivered: false })
  if (lost) return lost
  return PROVIDERS[asked.target.provider]
    .readEvents(whole.json)
    .map((event) => (event.kind === 'text' ? event.text : ''))
    .join('')
}
