/**
 * Writes responses, streamed and whole, from the events of a server. Nothing is written before the first event, so
 * that what fails before it has a real status; how it ended is told with the count, in all three cases.
 */
import type { Quantities } from '../../charge.ts'
import type { AnswerEvent, FinishReason } from '../../frame/answer-event.ts'
import type { AnswerContext, Json, StreamWriter } from '../../frame/dialect.ts'
import { isObject } from '../../json.ts'
import type { Refusal } from '../../refusal.ts'
import { Output } from './output.ts'
import { renderResponse, type Standing, statusOf } from './response.ts'

function wantsSummary({ request }: AnswerContext): boolean {
  const reasoning = request.body['reasoning']
  return isObject(reasoning) && typeof reasoning['summary'] === 'string'
}

export class ResponsesWriter implements StreamWriter {
  readonly #context: AnswerContext
  readonly #output: Output
  #sequence = 0
  #isBegun = false
  #reason: FinishReason = 'stop'

  constructor(context: AnswerContext) {
    this.#context = context
    this.#output = new Output({
      id: context.id,
      isReasoningSummed: wantsSummary(context),
      emit: (type, fields) => this.#emit(type, fields),
    })
  }

  write(event: AnswerEvent): string {
    if (event.kind === 'usage') return ''
    const begun = this.#begin()
    if (event.kind !== 'finish') return begun + this.#output.add(event)
    this.#reason = event.reason
    return begun
  }

  ending(used: Quantities): string {
    const closed = this.#begin() + this.#output.close(this.#reason)
    const status = statusOf(this.#reason)
    return closed + this.#emit(`response.${status}`, { response: this.#render(status, { used }) })
  }

  /** The failure stands in the response with what is charged, and is an event of its own, at which clients throw. */
  broken(failure: Refusal, used: Quantities): string {
    const begun = this.#begin()
    this.#output.break()
    const { error } = failure
    const { message, code, param } = error
    const response = this.#render('failed', { used, failure })
    return (
      begun +
      this.#emit('response.failed', { response }) +
      // Flat as it is specified, and nested as the clients of all dialects look for it.
      this.#emit('error', { code, message, param, error })
    )
  }

  /** The answer in one piece. */
  whole(used: Quantities): string {
    this.#output.close(this.#reason)
    return JSON.stringify(this.#render(statusOf(this.#reason), { used }))
  }

  #begin(): string {
    if (this.#isBegun) return ''
    this.#isBegun = true
    const response = this.#render('in_progress', { used: null })
    return (
      this.#emit('response.created', { response }) +
      this.#emit('response.in_progress', { response })
    )
  }

  #render(status: Standing['status'], more: Pick<Standing, 'used' | 'failure'>): Json {
    const output = this.#output.render()
    return renderResponse(this.#context, { status, output, reason: this.#reason, ...more })
  }

  #emit(type: string, fields: Json): string {
    const event = { type, ...fields, sequence_number: this.#sequence++ }
    return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`
  }
}

export function renderWhole(
  context: AnswerContext,
  events: readonly AnswerEvent[],
  used: Quantities,
): string {
  const writer = new ResponsesWriter(context)
  for (const event of events) writer.write(event)
  return writer.whole(used)
}
