/** A server may not know the encoding that was asked for, or may not count; a client gets both all the same. Pure. */
import type { Quantities } from '../../charge.ts'
import type { Json, ModelRequest } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'

const BYTES_PER_NUMBER = 4

function encode(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(numbers.length * BYTES_PER_NUMBER)
  for (const [index, number] of numbers.entries())
    bytes.writeFloatLE(number, index * BYTES_PER_NUMBER)
  return bytes.toString('base64')
}

function decode(text: string): readonly number[] {
  const bytes = Buffer.from(text, 'base64')
  const count = Math.floor(bytes.length / BYTES_PER_NUMBER)
  return Array.from({ length: count }, (_, index) => bytes.readFloatLE(index * BYTES_PER_NUMBER))
}

function mendOne(entry: unknown, isText: boolean): unknown {
  const embedding = isObject(entry) ? entry['embedding'] : undefined
  if (!isObject(entry) || (typeof embedding === 'string') === isText) return entry
  if (typeof embedding === 'string') return { ...entry, embedding: decode(embedding) }
  const isNumbers = Array.isArray(embedding) && embedding.every((each) => typeof each === 'number')
  return isNumbers ? { ...entry, embedding: encode(embedding) } : entry
}

/** The answer as it was asked for; null where it is that already. */
export function mendAnswer(
  { body }: ModelRequest,
  json: Json,
  { inputTokens }: Quantities,
): Json | null {
  const data = json['data'] as readonly unknown[]
  const isText = body['encoding_format'] === 'base64'
  const mended = data.map((entry) => mendOne(entry, isText))
  const isCounted = isObject(json['usage'])
  if (isCounted && mended.every((entry, index) => entry === data[index])) return null
  const usage = isCounted
    ? json['usage']
    : { prompt_tokens: inputTokens, total_tokens: inputTokens }
  return { ...json, data: mended, usage }
}
