/**
 * One streamed answer on its way through: bytes of the server in, text for the client out, and the tally of what was
 * handed over. Pure state: it writes to nobody. The end of the answer is kept back, because the usage must be on disk
 * before the client may believe that the answer is complete.
 */
import { readChunk, renderUsage, type Chunk } from './answer.ts'
import type { Quantities } from './charge.ts'
import { EventReader, type StreamEvent } from './event-stream.ts'
import { deliver, EMPTY_TALLY, type Tally } from './usage.ts'

export interface StreamRelayOptions {
  /** The name the client asked for; what the server calls itself is not shown. */
  readonly model: string
  readonly isRenamed: boolean
  readonly choices: number
  readonly wantsUsage: boolean
  readonly wantsContinuousUsage: boolean
}

export type RelayState =
  | { readonly kind: 'open' }
  /** The server finished: record the usage, then send the ending. */
  | { readonly kind: 'complete' }
  /** The server failed or stopped short: what was delivered is charged, and no ending follows. */
  | { readonly kind: 'failed'; readonly why: string }

/** One event may not outgrow this; a server that sends more is broken. */
const EVENT_LENGTH_MAX = 8 * 1024 * 1024
const DONE = 'data: [DONE]\n\n'

export class StreamRelay {
  readonly #options: StreamRelayOptions
  readonly #reader = new EventReader()
  #state: RelayState = { kind: 'open' }
  #tally = EMPTY_TALLY
  #unfinished: number
  #isUsageShown = false
  #last: Chunk | null = null

  constructor(options: StreamRelayOptions) {
    this.#options = options
    this.#unfinished = options.choices
  }

  get state(): RelayState {
    return this.#state
  }

  get tally(): Tally {
    return this.#tally
  }

  /** Takes bytes of the server; returns what to send to the client now, possibly nothing. */
  push(bytes: Buffer): string {
    let text = ''
    if (this.#state.kind !== 'open') return text
    for (const event of this.#reader.push(bytes)) {
      text += this.#take(event)
      if (this.#state.kind !== 'open') return text
    }
    if (this.#reader.pendingLength() > EVENT_LENGTH_MAX)
      this.#state = { kind: 'failed', why: 'an event is too long' }
    return text
  }

  /** The server closed the connection in order. Some forget the [DONE]; one that finished no choice stopped short. */
  close(): void {
    if (this.#state.kind !== 'open') return
    const isComplete = this.#unfinished <= 0
    this.#state = isComplete
      ? { kind: 'complete' }
      : { kind: 'failed', why: 'the answer stopped short' }
  }

  /** What ends a complete answer; `used` is what is charged. */
  ending(used: Quantities): string {
    if (!this.#options.wantsUsage || this.#isUsageShown || this.#last === null) return DONE
    const { id, object, created } = this.#last.json
    const usage = renderUsage(used)
    const chunk = { id, object, created, model: this.#options.model, choices: [], usage }
    return `data: ${JSON.stringify(chunk)}\n\n${DONE}`
  }

  #take({ data, type }: StreamEvent): string {
    const reading = readChunk(data, type)
    if (reading.kind === 'failed') this.#state = reading
    if (reading.kind === 'done') this.#state = { kind: 'complete' }
    if (reading.kind !== 'chunk') return ''
    this.#tally = deliver(this.#tally, reading)
    this.#unfinished -= reading.finishes
    this.#last = reading
    return this.#render(reading, data)
  }

  /** What the client sees of a chunk: untouched where it may be. */
  #render(chunk: Chunk, data: string): string {
    const { wantsUsage, wantsContinuousUsage, isRenamed, model } = this.#options
    if (chunk.isUsageOnly && !wantsUsage) return ''
    if (chunk.isUsageOnly) this.#isUsageShown = true
    const hidesUsage = 'usage' in chunk.json && !wantsContinuousUsage && !chunk.isUsageOnly
    if (!hidesUsage && !isRenamed && !data.includes('\n')) return `data: ${data}\n\n`
    const json = { ...chunk.json }
    if (isRenamed) json['model'] = model
    if (hidesUsage && wantsUsage) json['usage'] = null
    else if (hidesUsage) delete json['usage']
    return `data: ${JSON.stringify(json)}\n\n`
  }
}
