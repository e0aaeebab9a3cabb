/** Reads what a model's server answers: a chunk of a stream, a whole completion, an error. Lenient: it is not ours. */
import type { UpstreamError } from '../../frame/provider.ts'
import { isObject, parseJson } from '../../json.ts'
import type { Delivery } from '../../usage.ts'
import { readUsage } from './usage.ts'

type Json = Record<string, unknown>

/** Text that a delta or a message carries, in every field known to hold model output. */
function textOf(message: Json): string {
  let text = ''
  for (const field of ['content', 'reasoning_content', 'reasoning', 'refusal'] as const)
    if (typeof message[field] === 'string') text += message[field]
  const calls = Array.isArray(message['tool_calls']) ? (message['tool_calls'] as unknown[]) : []
  for (const call of [...calls, { function: message['function_call'] }]) {
    if (!isObject(call) || !isObject(call['function'])) continue
    for (const part of ['name', 'arguments'] as const)
      if (typeof call['function'][part] === 'string') text += call['function'][part]
  }
  return text
}

/** Where a choice has its text: in a chunk, in a whole answer, or in either of the older completions. */
type Field = 'delta' | 'message' | 'text'

function bytesOf(content: unknown): number {
  if (typeof content === 'string') return Buffer.byteLength(content)
  return isObject(content) ? Buffer.byteLength(textOf(content)) : 0
}

function measure(choices: readonly unknown[], field: Field) {
  let pieces = 0
  let outputBytes = 0
  let finishes = 0
  for (const choice of choices) {
    if (!isObject(choice)) continue
    const bytes = bytesOf(choice[field])
    if (bytes > 0) pieces += 1
    outputBytes += bytes
    if (typeof choice['finish_reason'] === 'string') finishes += 1
  }
  return { pieces, outputBytes, finishes, isFinish: finishes > 0 }
}

export interface Chunk extends Delivery {
  readonly kind: 'chunk'
  readonly json: Json
  /** How many choices this chunk finishes. */
  readonly finishes: number
  /** The last chunk of OpenAI's dialect: no choices, only the count. */
  readonly isUsageOnly: boolean
}

export type ChunkReading =
  | Chunk
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }

/** Reads the data of one event of a stream. */
export function readChunk(
  data: string,
  type: string,
  field: 'delta' | 'text' = 'delta',
): ChunkReading {
  if (data === '[DONE]') return { kind: 'done' }
  const json = parseJson(data)
  if (!isObject(json)) return { kind: 'failed', why: 'a chunk is not a JSON object' }
  if (type === 'error' || (json['error'] !== undefined && json['error'] !== null))
    return { kind: 'failed', why: readError(json).message }
  const choices = Array.isArray(json['choices']) ? (json['choices'] as unknown[]) : []
  const usage = readUsage(json['usage'])
  return {
    kind: 'chunk',
    json,
    usage,
    ...measure(choices, field),
    isUsageOnly: choices.length === 0 && usage !== null,
  }
}

export interface Completion extends Delivery {
  readonly json: Json
}

/** Reads a whole completion; null when it is not one. */
export function readCompletion(
  text: string,
  field: 'message' | 'text' = 'message',
): Completion | null {
  const json = parseJson(text)
  if (!isObject(json) || !Array.isArray(json['choices'])) return null
  if (!json['choices'].every(isObject)) return null
  return {
    json,
    usage: readUsage(json['usage']),
    ...measure(json['choices'], field),
    isFinish: true,
  }
}

const CONTEXT_WORDS =
  /context (length|size|window)|exceeds? the (available )?context|exceed_context_size|maximum context/i

/** Reads an error in any of the shapes that OpenAI-compatible servers use. */
export function readError(json: unknown): UpstreamError {
  const outer = isObject(json) ? json : {}
  const error = isObject(outer['error']) ? outer['error'] : outer
  const words = [error['message'], outer['error'], outer['detail']].find(
    (value): value is string => typeof value === 'string',
  )
  const text = (field: string) => {
    const value = error[field]
    return typeof value === 'string' ? value : null
  }
  const message = (words ?? 'no reason given').slice(0, 1000)
  return {
    message,
    param: text('param'),
    code: text('code'),
    isContextExceeded:
      text('code') === 'context_length_exceeded' ||
      CONTEXT_WORDS.test(`${message} ${text('type') ?? ''}`),
  }
}

export function parseError(text: string): UpstreamError {
  return readError(parseJson(text))
}
