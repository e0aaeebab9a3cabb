/** A kept answer, read and written for whoever asks now: as a stream or in one piece, whichever it was before. Pure. */
import type { CachedAnswer } from '#modules/content/index.ts'
import {
  type AnswerContext,
  type AnswerEvent,
  type Call,
  chargeOf,
  type ModelRequest,
  parseJson,
  type Quantities,
  worstCharge,
} from '#modules/gateway/index.ts'

/** One of the two: what was said, or the server's own words where they cannot be written anew. */
export interface Kept {
  readonly events: readonly AnswerEvent[] | null
  readonly text: string | null
}

const REQUEST_PREFIX = 'req_'

/** Null: it was kept by another version, in another form. */
export function readKept({ content }: CachedAnswer): Kept | null {
  const { events = null, text = null } = (parseJson(content) ?? {}) as Partial<Kept>
  return events === null && text === null ? null : { events, text }
}

/** What was held for the request has to be enough, whatever the operator asks for cached tokens. */
export function canPay({ route, request }: Call, found: CachedAnswer): boolean {
  const { inputTokens, outputTokens } = found
  const used = { inputTokens, outputTokens, isCachedResponse: true }
  return chargeOf(route, used) <= worstCharge(route, request)
}

export function renderKept(
  { events, text }: Kept,
  { call: { dialect, served }, request, used, requestId, at }: Rendering,
): string {
  if (events === null) return text ?? ''
  const createdS = Math.floor(at.getTime() / 1000)
  const id = requestId.slice(REQUEST_PREFIX.length)
  const context: AnswerContext = { request, model: served.model, id, createdS }
  if (!request.isStream) return dialect.renderAnswer(context, events, used)
  const writer = dialect.openWriter(context)
  return events.map((event) => writer.write(event)).join('') + writer.ending(used)
}

interface Rendering {
  readonly call: Call
  /** As it is asked for now. */
  readonly request: ModelRequest
  readonly used: Quantities
  readonly requestId: string
  readonly at: Date
}
