/** Reads what Gemini generates, streamed and whole, into events: a chunk has the shape of a whole. Lenient. */
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
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
}

const textIn = (json: Json, field: string): string => {
  const value = json[field]
  return typeof value === 'string' ? value : ''
}

/** One answer on its way: how many calls it has made so far decides what its end is called. */
export class GeminiReader implements StreamReader {
  #calls = 0

  take({ data }: StreamEvent): Reading {
    const json = parseJson(data)
    if (!isObject(json)) return { kind: 'failed', why: 'an event is not a JSON object' }
    if (isObject(json['error'])) return { kind: 'failed', why: readError(json).message }
    const events = this.read(json)
    return events.length === 0 ? NOTHING : { kind: 'events', events }
  }

  read(json: Json): readonly AnswerEvent[] {
    const [first] = Array.isArray(json['candidates']) ? (json['candidates'] as unknown[]) : []
    const candidate = isObject(first) ? first : {}
    const content = isObject(candidate['content']) ? candidate['content'] : {}
    const parts = Array.isArray(content['parts']) ? (content['parts'] as unknown[]) : []
    const events = parts.flatMap((part) =>
      isObject(part) ? this.#readPart(part, textIn(json, 'responseId')) : [],
    )
    const finish = this.#readFinish(candidate, json['promptFeedback'])
    if (finish) events.push(finish)
    const usage = readUsage(json['usageMetadata'])
    // Until its last word it has counted no output: what was delivered is counted then.
    if (usage !== null)
      events.push({
        kind: 'usage',
        usage: finish ? usage : { ...usage, outputTokens: 0, reasoningTokens: 0 },
      })
    return events
  }

  #readPart(part: Json, answerId: string): AnswerEvent[] {
    const { functionCall: call } = part
    if (isObject(call)) {
      const index = this.#calls++
      const id =
        textIn(call, 'id') || ['call', answerId, index].filter((each) => each !== '').join('_')
      const text = JSON.stringify(isObject(call['args']) ? call['args'] : {})
      return [{ kind: 'tool_call', choice: 0, index, id, name: textIn(call, 'name'), text }]
    }
    const text = textIn(part, 'text')
    if (text === '') return []
    return [{ kind: part['thought'] === true ? 'reasoning' : 'text', choice: 0, text }]
  }

  /** A prompt that was blocked has no candidates. */
  #readFinish(candidate: Json, feedback: unknown): AnswerEvent | null {
    if (isObject(feedback) && textIn(feedback, 'blockReason') !== '')
      return { kind: 'finish', choice: 0, reason: 'content_filter' }
    const said = textIn(candidate, 'finishReason')
    if (said === '') return null
    const reason = REASONS[said] ?? 'stop'
    const isCalling = reason === 'stop' && this.#calls > 0
    return { kind: 'finish', choice: 0, reason: isCalling ? 'tool_calls' : reason }
  }
}

export function readWhole(json: Json): readonly AnswerEvent[] {
  return new GeminiReader().read(json)
}
