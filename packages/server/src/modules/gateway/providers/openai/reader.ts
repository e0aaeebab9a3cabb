/** Reads the chunks and completions of OpenAI-compatible servers into events. Lenient. */
import type { StreamEvent } from '../../event-stream.ts'
import {
  type AnswerEvent,
  type FinishReason,
  type Reading,
  type StreamReader,
} from '../../frame/answer-event.ts'
import type { Json } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'
import { readChunk } from './chunk.ts'
import { readUsage } from './usage.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
}

const textIn = (json: Json, field: string): string | null => {
  const value = json[field]
  return typeof value === 'string' && value !== '' ? value : null
}

function readCalls(message: Json, choice: number): AnswerEvent[] {
  const calls = Array.isArray(message['tool_calls']) ? (message['tool_calls'] as unknown[]) : []
  return calls.flatMap((call, at): AnswerEvent[] => {
    if (!isObject(call)) return []
    const called = isObject(call['function']) ? call['function'] : {}
    const index = Number.isSafeInteger(call['index']) ? (call['index'] as number) : at
    const [id, name] = [textIn(call, 'id'), textIn(called, 'name')]
    return [{ kind: 'tool_call', choice, index, id, name, text: textIn(called, 'arguments') ?? '' }]
  })
}

type Field = 'delta' | 'message' | 'text'

function readChoice(choice: Json, at: number, field: Field): AnswerEvent[] {
  const index = Number.isSafeInteger(choice['index']) ? (choice['index'] as number) : at
  const said = choice[field]
  const message = isObject(said) ? said : { content: said }
  const events: AnswerEvent[] = []
  const reasoning = textIn(message, 'reasoning_content') ?? textIn(message, 'reasoning')
  if (reasoning !== null) events.push({ kind: 'reasoning', choice: index, text: reasoning })
  const text = textIn(message, 'content')
  const { logprobs } = choice
  if (text !== null)
    events.push({ kind: 'text', choice: index, text, ...(isObject(logprobs) ? { logprobs } : {}) })
  const refusal = textIn(message, 'refusal')
  if (refusal !== null) events.push({ kind: 'refusal', choice: index, text: refusal })
  events.push(...readCalls(message, index))
  const finish = choice['finish_reason']
  if (typeof finish === 'string')
    events.push({ kind: 'finish', choice: index, reason: REASONS[finish] ?? 'stop' })
  return events
}

/** The events of a chunk, or of a whole completion. */
export function readEvents(json: Json, field: Field): readonly AnswerEvent[] {
  const choices = Array.isArray(json['choices']) ? (json['choices'] as unknown[]) : []
  const events = choices.flatMap((choice, at) =>
    isObject(choice) ? readChoice(choice, at, field) : [],
  )
  const usage = readUsage(json['usage'])
  if (usage !== null) events.push({ kind: 'usage', usage })
  return events
}

export class ChatReader implements StreamReader {
  readonly #field: 'delta' | 'text'

  constructor(field: 'delta' | 'text' = 'delta') {
    this.#field = field
  }

  take({ data, type }: StreamEvent): Reading {
    const reading = readChunk(data, type, this.#field)
    if (reading.kind !== 'chunk') return reading
    return { kind: 'events', events: readEvents(reading.json, this.#field) }
  }
}
