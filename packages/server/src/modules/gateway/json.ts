/**
 * The one place where the data path turns text into JSON. A schema would cost more than the request it guards and
 * could not speak OpenAI's words, so the readers of each shape check by hand what they use.
 */
import { isUtf8 } from 'node:buffer'

/** The parsed value, or undefined for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever is wrong with it, the caller says the one sentence that helps.
    return undefined
  }
}

/** A request's body; undefined for what is not JSON. Anything but UTF-8 could decode to more bytes than were counted. */
export function parseBody(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return undefined
  return parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
