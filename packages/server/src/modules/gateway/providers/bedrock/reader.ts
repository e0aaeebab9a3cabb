/** Reads what Converse answers, streamed and whole, into events. Lenient: what it does not know says nothing. */
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
import { FAILURE } from './frames.ts'
import { readUsage } from './usage.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop_sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/** The model wrote what is no answer: a failure, however it is dressed. */
const NO_ANSWERS: readonly unknown[] = ['malformed_model_output', 'malformed_tool_use']

export const isNoAnswer = (stopReason: unknown): boolean => NO_ANSWERS.includes(stopReason)

const textIn = (json: Json, field: string): string => {
  const value = json[field]
  return typeof value === 'string' ? value : ''
}

const partOf = (json: Json, field: string): Json => {
  const value = json[field]
  return isObject(value) ? value : {}
}

function readFinish(json: Json): AnswerEvent[] {
  const reason = textIn(json, 'stopReason')
  return reason === '' ? [] : [{ kind: 'finish', choice: 0, reason: REASONS[reason] ?? 'stop' }]
}

function readReasoning(json: Json): AnswerEvent[] {
  const [text, signature] = [textIn(json, 'text'), textIn(json, 'signature')]
  if (text === '' && signature === '') return []
  return [{ kind: 'reasoning', choice: 0, text, ...(signature === '' ? {} : { signature }) }]
}

const readText = (json: Json): AnswerEvent[] => {
  const text = textIn(json, 'text')
  return text === '' ? [] : [{ kind: 'text', choice: 0, text }]
}

/** A block as it opens: only a call says something then. */
function readStart(toolUse: Json, index: number, text = ''): AnswerEvent {
  const [id, name] = [textIn(toolUse, 'toolUseId'), textIn(toolUse, 'name')]
  return { kind: 'tool_call', choice: 0, index, id, name, text }
}

/** The events of a whole answer. */
export function readWhole(json: Json): readonly AnswerEvent[] {
  const { content } = partOf(partOf(json, 'output'), 'message')
  const events: AnswerEvent[] = []
  let calls = 0
  for (const block of Array.isArray(content) ? (content as unknown[]) : []) {
    if (!isObject(block)) continue
    events.push(...readText(block))
    events.push(...readReasoning(partOf(partOf(block, 'reasoningContent'), 'reasoningText')))
    const { toolUse } = block
    if (!isObject(toolUse)) continue
    const input = isObject(toolUse['input']) ? JSON.stringify(toolUse['input']) : ''
    events.push(readStart(toolUse, calls++, input))
  }
  events.push(...readFinish(json))
  const usage = readUsage(json['usage'])
  if (usage !== null) events.push({ kind: 'usage', usage })
  return events
}

/** One answer on its way. Its count comes after its end, as the last of all. */
export class ConverseReader implements StreamReader {
  /** Which call a block of content is. */
  readonly #calls = new Map<unknown, number>()

  take({ type, data }: StreamEvent): Reading {
    const json = parseJson(data)
    if (type.startsWith(FAILURE)) {
      const { message } = readError(json)
      return { kind: 'failed', why: [type.slice(1), message].filter(Boolean).join(': ') }
    }
    if (!isObject(json)) return { kind: 'failed', why: 'an event is not a JSON object' }
    if (type === 'messageStop' && isNoAnswer(json['stopReason']))
      return { kind: 'failed', why: `the model wrote no answer: ${String(json['stopReason'])}` }
    const events = this.#read(type, json)
    return events.length === 0 ? NOTHING : { kind: 'events', events }
  }

  #read(type: string, json: Json): AnswerEvent[] {
    if (type === 'contentBlockStart') {
      const { toolUse } = partOf(json, 'start')
      if (!isObject(toolUse)) return []
      const index = this.#calls.size
      this.#calls.set(json['contentBlockIndex'], index)
      return [readStart(toolUse, index)]
    }
    if (type === 'contentBlockDelta') return this.#readDelta(json)
    if (type === 'messageStop') return readFinish(json)
    const usage = type === 'metadata' ? readUsage(json['usage']) : null
    return usage === null ? [] : [{ kind: 'usage', usage }]
  }

  #readDelta(json: Json): AnswerEvent[] {
    const delta = partOf(json, 'delta')
    const { toolUse } = delta
    if (!isObject(toolUse))
      return [...readText(delta), ...readReasoning(partOf(delta, 'reasoningContent'))]
    const index = this.#calls.get(json['contentBlockIndex']) ?? 0
    const text = textIn(toolUse, 'input')
    return [{ kind: 'tool_call', choice: 0, index, id: null, name: null, text }]
  }
}
