/** Reads a server's stream and lets through what the guardrails do. What it blocks it ends, and the model is paid so far. */
import type { Quantities } from '../charge.ts'
import type { StreamEvent } from '../event-stream.ts'
import type { AnswerEvent, Reading, StreamReader } from '../frame/answer-event.ts'
import { measure } from '../frame/crossing.ts'
import type { AnswerScreen } from './answer-screen-service.ts'

export class GuardedReader implements StreamReader {
  readonly #reader: StreamReader
  readonly #screen: AnswerScreen
  #usage: Quantities = { inputTokens: 0, outputTokens: 0 }
  #pieces = 0

  constructor(reader: StreamReader, screen: AnswerScreen) {
    this.#reader = reader
    this.#screen = screen
  }

  take(event: StreamEvent): Reading {
    if (this.#screen.isBlocked) return { kind: 'done' }
    const reading = this.#reader.take(event)
    if (reading.kind === 'failed') return reading
    const events = reading.kind === 'events' ? reading.events : []
    this.#count(events)
    const going = reading.kind === 'done' ? this.#screen.end() : this.#screen.take(events)
    if (this.#screen.isBlocked)
      return { kind: 'events', events: [this.#made(), ...going], isLast: true }
    if (reading.kind === 'events') return { kind: 'events', events: going }
    return going.length > 0 ? { kind: 'events', events: going, isLast: true } : reading
  }

  #count(events: readonly AnswerEvent[]): void {
    const { usage, pieces } = measure(events)
    this.#usage = usage ?? this.#usage
    this.#pieces += pieces
  }

  /** What the model made until it was stopped: a piece is a token at least, whether or not it got to the client. */
  #made(): AnswerEvent {
    const { outputTokens } = this.#usage
    const usage = { ...this.#usage, outputTokens: Math.max(outputTokens, this.#pieces) }
    return { kind: 'usage', usage }
  }
}
