/** Writes Anthropic's messages, streamed and whole, from the events of a server that speaks something else. */
import type { Quantities } from '../../charge.ts'
import type { AnswerEvent, FinishReason } from '../../frame/answer-event.ts'
import { collect } from '../../frame/collect.ts'
import type { AnswerContext, Json, StreamWriter } from '../../frame/dialect.ts'
import { isObject, parseJson } from '../../json.ts'
import { renderUsage } from './usage.ts'

const REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

export function renderEvent(json: Json): string {
  return `event: ${String(json['type'])}\ndata: ${JSON.stringify(json)}\n\n`
}

function renderMessage({ id, model, tier }: AnswerContext, content: readonly Json[]): Json {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: null,
    stop_sequence: null,
    usage: renderUsage({ inputTokens: 0, outputTokens: 0 }, tier),
  }
}

type Piece = Exclude<AnswerEvent, { readonly kind: 'usage' | 'finish' }>

/** What a piece belongs to: pieces of one block come one after another. */
function blockOf(piece: Piece): string {
  if (piece.kind === 'tool_call') return `tool_call ${piece.index}`
  return piece.kind === 'reasoning' ? 'reasoning' : 'text'
}

function openingOf(piece: Piece): Json {
  if (piece.kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  if (piece.kind !== 'tool_call') return { type: 'text', text: '' }
  return { type: 'tool_use', id: piece.id ?? '', name: piece.name ?? '', input: {} }
}

function deltasOf(piece: Piece): readonly Json[] {
  if (piece.kind === 'tool_call')
    return piece.text === '' ? [] : [{ type: 'input_json_delta', partial_json: piece.text }]
  if (piece.kind !== 'reasoning') return [{ type: 'text_delta', text: piece.text }]
  const { text, signature } = piece
  return [
    ...(text === '' ? [] : [{ type: 'thinking_delta', thinking: text }]),
    ...(signature === undefined ? [] : [{ type: 'signature_delta', signature }]),
  ]
}

export class MessagesWriter implements StreamWriter {
  readonly #context: AnswerContext
  #isBegun = false
  #block: string | null = null
  #index = -1
  #reason: FinishReason = 'stop'
  #stopSequence: string | null = null

  constructor(context: AnswerContext) {
    this.#context = context
  }

  write(event: AnswerEvent): string {
    if (event.kind === 'usage') return ''
    if (event.kind === 'finish') {
      this.#reason = event.reason
      this.#stopSequence = event.stopSequence ?? null
      return this.#begin()
    }
    const index = () => this.#index
    const begun = this.#begin() + this.#enter(event)
    const deltas = deltasOf(event).map((delta) =>
      renderEvent({ type: 'content_block_delta', index: index(), delta }),
    )
    return begun + deltas.join('')
  }

  ending(used: Quantities): string {
    const delta = { stop_reason: REASONS[this.#reason], stop_sequence: this.#stopSequence }
    return (
      this.#begin() +
      this.#leave() +
      renderEvent({ type: 'message_delta', delta, usage: renderUsage(used) }) +
      renderEvent({ type: 'message_stop' })
    )
  }

  #begin(): string {
    if (this.#isBegun) return ''
    this.#isBegun = true
    return renderEvent({ type: 'message_start', message: renderMessage(this.#context, []) })
  }

  #enter(piece: Piece): string {
    const block = blockOf(piece)
    if (this.#block === block) return ''
    const left = this.#leave()
    this.#block = block
    this.#index += 1
    const start = { type: 'content_block_start', index: this.#index }
    return left + renderEvent({ ...start, content_block: openingOf(piece) })
  }

  #leave(): string {
    if (this.#block === null) return ''
    this.#block = null
    return renderEvent({ type: 'content_block_stop', index: this.#index })
  }
}

/** A server may write arguments that are no JSON; what it said is then still told. */
function inputOf(text: string): Json {
  const input = parseJson(text === '' ? '{}' : text)
  return isObject(input) ? input : { invalid_json: text }
}

export function renderWhole(
  context: AnswerContext,
  events: readonly AnswerEvent[],
  used: Quantities,
): string {
  const [said] = collect(events)
  if (!said) return ''
  const text = said.text + said.refusal
  const { reasoning: thinking, signature } = said
  const content: Json[] = [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: signature ?? '' }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...said.calls.map(({ id, name, text: input }) => ({
      type: 'tool_use',
      id,
      name,
      input: inputOf(input),
    })),
  ]
  return JSON.stringify({
    ...renderMessage(context, content),
    stop_reason: REASONS[said.finish],
    stop_sequence: said.stopSequence,
    usage: renderUsage(used, context.tier),
  })
}
