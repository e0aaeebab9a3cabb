/**
 * Reads server-sent events from bytes that arrive cut anywhere, also inside a character or a line ending. Lines end in
 * LF or CRLF. Deliberately without reconnection, ids and retry: a completion is never resumed.
 */
import { StringDecoder } from 'node:string_decoder'

export interface StreamEvent {
  /** The `event:` field; empty for a plain message. */
  readonly type: string
  readonly data: string
}

/** How a server's stream is cut into events. */
export interface Framing {
  /** The events that these bytes complete. */
  push(bytes: Buffer): readonly StreamEvent[]
  /** What waits for the end of its event. */
  pendingLength(): number
}

const SPACE = 32
const CARRIAGE_RETURN = 13

export class EventReader implements Framing {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''
  #type = ''
  #data: string | null = null

  push(bytes: Buffer): readonly StreamEvent[] {
    const events: StreamEvent[] = []
    const text = this.#rest + this.#decoder.write(bytes)
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const hasReturn = end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN
      const event = this.#takeLine(text.slice(start, hasReturn ? end - 1 : end))
      if (event) events.push(event)
      start = end + 1
    }
    this.#rest = text.slice(start)
    return events
  }

  /** In characters. */
  pendingLength(): number {
    return this.#rest.length + (this.#data?.length ?? 0)
  }

  #takeLine(line: string): StreamEvent | null {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const from = line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
    const value = colon < 0 ? '' : line.slice(from)
    if (field === 'data') this.#data = this.#data === null ? value : `${this.#data}\n${value}`
    if (field === 'event') this.#type = value
    return null
  }

  #dispatch(): StreamEvent | null {
    const event = this.#data === null ? null : { type: this.#type, data: this.#data }
    this.#type = ''
    this.#data = null
    return event
  }
}
