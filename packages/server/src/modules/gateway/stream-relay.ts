/**
 * One streamed answer on its way through: bytes of the server in, text for the client out, and the tally of what was
 * handed over. Pure state: it writes to nobody. The end of the answer is kept back, because the usage must be on disk
 * before the client may believe that the answer is complete.
 */
import type { Quantities } from './charge.ts'
import { EventReader, type Framing, type StreamEvent } from './event-stream.ts'
import type { Passage } from './frame/dialect.ts'
import type { Refusal } from './refusal.ts'
import { deliver, EMPTY_TALLY, type Tally } from './usage.ts'

export type RelayState =
  | { readonly kind: 'open' }
  /** The server finished: record the usage, then send the ending. */
  | { readonly kind: 'complete' }
  /** The server failed or stopped short: what was delivered is charged, and no ending follows. */
  | { readonly kind: 'failed'; readonly why: string }

/** One event may not outgrow this; a server that sends more is broken. */
const EVENT_LENGTH_MAX = 8 * 1024 * 1024

export class StreamRelay {
  readonly #passage: Passage
  readonly #reader: Framing
  #state: RelayState = { kind: 'open' }
  #tally = EMPTY_TALLY
  #unfinished: number
  #isCut = false

  /** `choices` is how many the client asked for. */
  constructor(passage: Passage, choices: number, framing: Framing = new EventReader()) {
    this.#passage = passage
    this.#reader = framing
    this.#unfinished = choices
  }

  get state(): RelayState {
    return this.#state
  }

  /** Whether the answer is complete although the server says more. */
  get isCut(): boolean {
    return this.#isCut
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
    return this.#passage.ending(used)
  }

  /** What ends an answer that broke off, where its dialect says more than the refusal. */
  broken(refusal: Refusal, used: Quantities): string | null {
    return this.#passage.broken?.(refusal, used) ?? null
  }

  #take(event: StreamEvent): string {
    const passed = this.#passage.take(event)
    if (passed.kind === 'failed') this.#state = passed
    if (passed.kind === 'done') this.#state = { kind: 'complete' }
    if (passed.kind !== 'passed') return ''
    if (passed.delivery !== null) this.#tally = deliver(this.#tally, passed.delivery)
    this.#unfinished -= passed.finishes
    if (passed.isLast === true) {
      this.#state = { kind: 'complete' }
      this.#isCut = true
    }
    return passed.text
  }
}
