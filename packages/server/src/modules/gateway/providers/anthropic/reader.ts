/** Reads Anthropic's messages, streamed and whole, into events. Lenient: what it does not know says nothing. */
import type { Quantities } from '../../charge.ts'
import type { StreamEvent } from '../../event-stream.ts'
import {
  type AnswerEvent,
  type FinishReason,
  NOTHING,
  type Reading,
  type StreamReader,
} from '../../frame/answer-event.ts'
import type { Json } from '../../frame/dialect.ts'
import { isObject, parseJson } from '../../json.ts'
import { readError } from './error.ts'
import { readUsage } from './usage.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop_sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

const textIn = (json: Json, field: string): string => {
  const value = json[field]
  return typeof value === 'string' ? value : ''
}

function readFinish(json: Json): AnswerEvent[] {
  const reason = textIn(json, 'stop_reason')
  if (reason === '') return []
  const stopSequence = textIn(json, 'stop_sequence')
  return [
    {
      kind: 'finish',
      choice: 0,
      reason: REASONS[reason] ?? 'stop',
      ...(stopSequence === '' ? {} : { stopSequence }),
    },
  ]
}

/** A block as it opens, or as a whole. `index` counts tool calls alone. */
function readBlock(block: Json, index: number): AnswerEvent[] {
  const { type } = block
  if (type === 'text') return textEvents(textIn(block, 'text'))
  if (type === 'thinking')
    return reasoningEvents(textIn(block, 'thinking'), textIn(block, 'signature'))
  if (type !== 'tool_use') return []
  const { input } = block
  const isFilled = isObject(input) && Object.keys(input).length > 0
  const [id, name] = [textIn(block, 'id'), textIn(block, 'name')]
  return [
    { kind: 'tool_call', choice: 0, index, id, name, text: isFilled ? JSON.stringify(input) : '' },
  ]
}

function textEvents(text: string): AnswerEvent[] {
  return text === '' ? [] : [{ kind: 'text', choice: 0, text }]
}

function reasoningEvents(text: string, signature: string): AnswerEvent[] {
  if (text === '' && signature === '') return []
  return [{ kind: 'reasoning', choice: 0, text, ...(signature === '' ? {} : { signature }) }]
}

function readDelta(delta: Json, index: number): AnswerEvent[] {
  const { type } = delta
  if (type === 'text_delta') return textEvents(textIn(delta, 'text'))
  if (type === 'thinking_delta') return reasoningEvents(textIn(delta, 'thinking'), '')
  if (type === 'signature_delta') return reasoningEvents('', textIn(delta, 'signature'))
  if (type !== 'input_json_delta') return []
  const text = textIn(delta, 'partial_json')
  return [{ kind: 'tool_call', choice: 0, index, id: null, name: null, text }]
}

/** The events of a whole message. A call without arguments has empty ones. */
export function readWhole(json: Json): readonly AnswerEvent[] {
  const blocks = Array.isArray(json['content']) ? (json['content'] as unknown[]) : []
  const events: AnswerEvent[] = []
  let calls = 0
  for (const block of blocks) {
    if (!isObject(block)) continue
    events.push(...readBlock(block, calls))
    if (block['type'] === 'tool_use') calls += 1
  }
  events.push(...readFinish(json))
  const usage = readUsage(json['usage'])
  if (usage !== null) events.push({ kind: 'usage', usage })
  return events
}

export class MessagesReader implements StreamReader {
  #usage: Quantities | null = null
  #calls = -1

  take({ type: named, data }: StreamEvent): Reading {
    const json = parseJson(data)
    if (!isObject(json)) return { kind: 'failed', why: 'an event is not a JSON object' }
    const type = typeof json['type'] === 'string' ? json['type'] : named
    if (type === 'error') return { kind: 'failed', why: readError(json).message }
    if (type === 'message_stop') return { kind: 'done' }
    const events = this.#read(type, json)
    return events.length === 0 ? NOTHING : { kind: 'events', events }
  }

  #read(type: string, json: Json): readonly AnswerEvent[] {
    const part = (name: string) => (isObject(json[name]) ? json[name] : {})
    if (type === 'message_start') {
      const usage = readUsage(part('message')['usage'])
      if (usage === null) return []
      // The output that it starts with is no count of what comes: until the last word there is none.
      this.#usage = { ...usage, outputTokens: 0 }
      return [{ kind: 'usage', usage: this.#usage }]
    }
    if (type === 'content_block_start') {
      const block = part('content_block')
      if (block['type'] === 'tool_use') this.#calls += 1
      return readBlock(block, this.#calls)
    }
    if (type === 'content_block_delta') return readDelta(part('delta'), Math.max(0, this.#calls))
    if (type !== 'message_delta') return []
    this.#usage = readUsage(json['usage'], this.#usage) ?? this.#usage
    const finish = readFinish(part('delta'))
    return this.#usage === null ? finish : [...finish, { kind: 'usage', usage: this.#usage }]
  }
}
