/** A stream on its way to the client, and what it says beside: for who keeps answers. Changes nothing of what passes. */
import type { Quantities } from '../charge.ts'
import type { StreamEvent } from '../event-stream.ts'
import type { Refusal } from '../refusal.ts'
import type { AnswerEvent, StreamReader } from './answer-event.ts'
import type { Passage, Passed } from './dialect.ts'

/** One that says more is not kept: pieces are small, and each is a token or so. */
const EVENTS_MAX = 200_000

export class EventsKept implements Passage {
  readonly #passage: Passage
  readonly #reader: StreamReader
  #events: AnswerEvent[] | null = []

  constructor(passage: Passage, reader: StreamReader) {
    this.#passage = passage
    this.#reader = reader
  }

  /** All that was said; null where it was too much. */
  get events(): readonly AnswerEvent[] | null {
    return this.#events
  }

  take(event: StreamEvent): Passed {
    const reading = this.#reader.take(event)
    if (reading.kind === 'events') this.#events?.push(...reading.events)
    if ((this.#events?.length ?? 0) > EVENTS_MAX) this.#events = null
    return this.#passage.take(event)
  }

  ending(used: Quantities): string {
    return this.#passage.ending(used)
  }

  broken(refusal: Refusal, used: Quantities): string | null {
    return this.#passage.broken?.(refusal, used) ?? null
  }
}
