/**
 * Reads AWS's event stream from bytes that arrive cut anywhere: messages with a length, headers, a body and two
 * checksums. What is no such message ends the reading with one event that says so; nothing after it is looked at.
 */
import { crc32 } from 'node:zlib'
import type { Framing, StreamEvent } from '../../event-stream.ts'

const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
/** More than any message has that they send; what announces more is broken. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024

/** What an event of such a stream is called that is none: an exception, an error, or bytes that are no message. */
export const FAILURE = '!'

class Malformed extends Error {}

export class FrameReader implements Framing {
  readonly #pieces: Buffer[] = []
  #size = 0
  #wanted = PRELUDE_BYTES
  #isBroken = false

  push(bytes: Buffer): readonly StreamEvent[] {
    const events: StreamEvent[] = []
    if (this.#isBroken) return events
    this.#hold(bytes)
    try {
      while (this.#size >= this.#wanted) this.#takeNext(events)
    } catch (failure) {
      if (!(failure instanceof Malformed)) throw failure
      this.#isBroken = true
      events.push({ type: FAILURE, data: JSON.stringify({ message: failure.message }) })
    }
    return events
  }

  pendingLength(): number {
    return this.#size
  }

  #hold(bytes: Buffer): void {
    if (bytes.length > 0) this.#pieces.push(bytes)
    this.#size += bytes.length
  }

  /** One message, or the knowledge of how much of it is missing. */
  #takeNext(events: StreamEvent[]): void {
    const [first] = this.#pieces
    const held = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces)
    const length = readLength(held)
    const isWhole = held.length >= length
    this.#pieces.length = 0
    this.#size = 0
    this.#wanted = isWhole ? PRELUDE_BYTES : length
    this.#hold(isWhole ? held.subarray(length) : held)
    if (isWhole) events.push(readMessage(held.subarray(0, length)))
  }
}

function readLength(held: Buffer): number {
  const [length, headersLength] = [held.readUInt32BE(0), held.readUInt32BE(4)]
  if (crc32(held.subarray(0, 8)) !== held.readUInt32BE(8))
    throw new Malformed('the checksum of a message\u2019s beginning is wrong')
  if (headersLength + PRELUDE_BYTES + CHECKSUM_BYTES > length || length > MESSAGE_BYTES_MAX)
    throw new Malformed('the length of a message is wrong')
  return length
}

function readMessage(message: Buffer): StreamEvent {
  const end = message.length - CHECKSUM_BYTES
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end))
    throw new Malformed('the checksum of a message is wrong')
  const headersEnd = PRELUDE_BYTES + message.readUInt32BE(4)
  const headers = readHeaders(message.subarray(PRELUDE_BYTES, headersEnd))
  const data = message.toString('utf8', headersEnd, end)
  const kind = headers.get(':message-type')
  if (kind === 'event') return { type: headers.get(':event-type') ?? '', data }
  if (kind === 'exception')
    return { type: `${FAILURE}${headers.get(':exception-type') ?? ''}`, data }
  const said = { message: headers.get(':error-message') ?? 'no reason given' }
  return { type: `${FAILURE}${headers.get(':error-code') ?? ''}`, data: JSON.stringify(said) }
}

/** Bytes of each kind of value but those of the two that say their length. */
const VALUE_BYTES: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16]
const TEXT_KIND = 7

/** Those that are text: the others say nothing that matters here. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Malformed('a header of a message is cut')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const name = take(take(1).readUInt8()).toString('latin1')
    const kind = take(1).readUInt8()
    const fixed = VALUE_BYTES[kind]
    if (fixed === undefined) throw new Malformed('a header of a message has no known kind')
    const value = take(fixed ?? take(2).readUInt16BE())
    if (kind === TEXT_KIND) headers.set(name, value.toString('utf8'))
  }
  return headers
}
