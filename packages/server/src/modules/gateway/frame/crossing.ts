/** A streamed answer on its way from a server of one dialect to a client of another: event by event, nothing kept. */
import type { Quantities } from '../charge.ts'
import type { StreamEvent } from '../event-stream.ts'
import type { Refusal } from '../refusal.ts'
import type { Delivery } from '../usage.ts'
import type { AnswerEvent, StreamReader } from './answer-event.ts'
import type { Passage, Passed, StreamWriter } from './dialect.ts'

export interface Measured extends Delivery {
  readonly finishes: number
}

/** What events deliver. */
export function measure(events: readonly AnswerEvent[]): Measured {
  let [pieces, outputBytes, finishes] = [0, 0, 0]
  let usage: Delivery['usage'] = null
  for (const event of events) {
    if (event.kind === 'usage') usage = event.usage
    else if (event.kind === 'finish') finishes += 1
    else {
      const name = event.kind === 'tool_call' ? (event.name ?? '') : ''
      const bytes = Buffer.byteLength(event.text) + Buffer.byteLength(name)
      if (bytes > 0) pieces += 1
      outputBytes += bytes
    }
  }
  return { usage, pieces, outputBytes, finishes, isFinish: finishes > 0 }
}

export class Crossing implements Passage {
  readonly #reader: StreamReader
  readonly #writer: StreamWriter

  constructor(reader: StreamReader, writer: StreamWriter) {
    this.#reader = reader
    this.#writer = writer
  }

  take(event: StreamEvent): Passed {
    const reading = this.#reader.take(event)
    if (reading.kind !== 'events') return reading
    const delivery = measure(reading.events)
    const text = reading.events.map((each) => this.#writer.write(each)).join('')
    const { finishes } = delivery
    return { kind: 'passed', text, delivery, finishes, isLast: reading.isLast === true }
  }

  ending(used: Quantities): string {
    return this.#writer.ending(used)
  }

  broken(refusal: Refusal, used: Quantities): string | null {
    return this.#writer.broken?.(refusal, used) ?? null
  }
}
