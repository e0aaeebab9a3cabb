/** Writes chat completions, in chunks and whole, from the events of a server that speaks something else. */
import type { Quantities } from '../../charge.ts'
import type { AnswerEvent, FinishReason } from '../../frame/answer-event.ts'
import { collect, type CollectedChoice } from '../../frame/collect.ts'
import type { AnswerContext, Json, StreamWriter } from '../../frame/dialect.ts'
import { DONE } from './passage.ts'
import { renderUsage } from './usage.ts'

function renderReason(reason: FinishReason): string {
  return reason === 'stop_sequence' ? 'stop' : reason
}

function renderDelta(event: AnswerEvent): Json {
  if (event.kind === 'text') return { content: event.text }
  if (event.kind === 'reasoning') return { reasoning_content: event.text }
  if (event.kind === 'refusal') return { refusal: event.text }
  if (event.kind !== 'tool_call') return {}
  const { index, id, name, text } = event
  const head = id === null ? {} : { id, type: 'function' }
  return {
    tool_calls: [
      { index, ...head, function: { ...(name === null ? {} : { name }), arguments: text } },
    ],
  }
}

export class ChatWriter implements StreamWriter {
  readonly #context: AnswerContext
  readonly #begun = new Set<number>()

  constructor(context: AnswerContext) {
    this.#context = context
  }

  write(event: AnswerEvent): string {
    if (event.kind === 'usage') return ''
    const { choice } = event
    const role = this.#begun.has(choice) ? {} : { role: 'assistant' }
    this.#begun.add(choice)
    return this.#chunk([
      {
        index: choice,
        delta: { ...role, ...renderDelta(event) },
        ...('logprobs' in event ? { logprobs: event.logprobs } : {}),
        finish_reason: event.kind === 'finish' ? renderReason(event.reason) : null,
      },
    ])
  }

  ending(used: Quantities): string {
    const { wantsUsage } = this.#context.request
    return wantsUsage ? this.#chunk([], renderUsage(used)) + DONE : DONE
  }

  #chunk(choices: readonly Json[], usage: Json | null = null): string {
    const { id, createdS: created, model, request, tier } = this.#context
    const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model }
    const chunk = { ...head, ...(tier === undefined ? {} : { service_tier: tier }), choices }
    return `data: ${JSON.stringify(request.wantsUsage ? { ...chunk, usage } : chunk)}\n\n`
  }
}

function renderChoice({ index, ...said }: CollectedChoice): Json {
  return {
    index,
    message: {
      role: 'assistant',
      content: said.text === '' && said.calls.length > 0 ? null : said.text,
      refusal: said.refusal === '' ? null : said.refusal,
      ...(said.reasoning === '' ? {} : { reasoning_content: said.reasoning }),
      ...(said.calls.length === 0
        ? {}
        : {
            tool_calls: said.calls.map(({ id, name, text }) => ({
              id,
              type: 'function',
              function: { name, arguments: text },
            })),
          }),
    },
    logprobs: said.logprobs.length === 0 ? null : { content: said.logprobs, refusal: null },
    finish_reason: renderReason(said.finish),
  }
}

export function renderCompletion(
  { id, createdS, model, tier }: AnswerContext,
  events: readonly AnswerEvent[],
  used: Quantities,
): string {
  return JSON.stringify({
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: createdS,
    model,
    ...(tier === undefined ? {} : { service_tier: tier }),
    choices: collect(events).map(renderChoice),
    usage: renderUsage(used),
  })
}
