/**
 * A streamed message on its way from a server of the same dialect. Its beginning waits for the first content, so that a
 * server that fails before it is answered with a real status, and its end for the record.
 */
import type { StreamEvent } from '../../event-stream.ts'
import { measure } from '../../frame/crossing.ts'
import type { NativePassage, Passage, Passed } from '../../frame/dialect.ts'
import { isObject, parseJson } from '../../json.ts'
import { renderEvent } from './writer.ts'

/** More than a beginning is; beyond, it is sent as it is. */
const WAITING_LENGTH_MAX = 64 * 1024

export class MessagesPassage implements Passage {
  readonly #model: string
  readonly #native: NativePassage
  #waiting = ''
  #isBegun = false

  constructor(model: string, native: NativePassage) {
    this.#model = model
    this.#native = native
  }

  take(event: StreamEvent): Passed {
    const reading = this.#native.reader.take(event)
    if (reading.kind !== 'events') return reading
    const delivery = measure(reading.events)
    const text = this.#waiting + this.#render(event)
    this.#isBegun ||= delivery.pieces > 0 || delivery.isFinish || text.length > WAITING_LENGTH_MAX
    this.#waiting = this.#isBegun ? '' : text
    return {
      kind: 'passed',
      text: this.#isBegun ? text : '',
      delivery,
      finishes: delivery.finishes,
    }
  }

  /** What waits belongs to an answer that had nothing to say. */
  ending(): string {
    return this.#waiting + renderEvent({ type: 'message_stop' })
  }

  #render({ type, data }: StreamEvent): string {
    const json = type === 'message_start' && this.#native.isRenamed ? parseJson(data) : undefined
    const message = isObject(json) ? json['message'] : undefined
    if (isObject(json) && isObject(message))
      return renderEvent({ ...json, message: { ...message, model: this.#model } })
    const lines = data.split('\n').map((line) => `data: ${line}\n`)
    return `event: ${type}\n${lines.join('')}\n`
  }
}
