/** A streamed answer: each chunk goes to the client as it comes, no faster than the client reads. */
import type { Dispatcher } from 'undici'
import { type StreamRelay } from '#modules/gateway/index.ts'
import {
  answerFailed,
  type Asked,
  type Attempt,
  calledOff,
  connectionFailed,
  judgeStatus,
  timedOut,
} from './attempt.ts'
import type { Exchange } from './exchange.ts'

/** How a stream that reached the client went on. */
export type StreamEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'gone' }

export interface StreamParts {
  readonly asked: Asked
  readonly exchange: Exchange
  readonly relay: StreamRelay
  /** Called with the first output, before it is sent. */
  readonly onStart: () => void
  readonly resolve: (attempt: Attempt<StreamEnd>) => void
}

const ERROR_BYTES_MAX = 64 * 1024
const HELD_LENGTH_MAX = 64 * 1024

/** Begins the answer to the client. Proxies in between are asked not to hold chunks back. */
function begin({ response, requestId }: Exchange, { origin }: Asked): void {
  response.writeHead(200, {
    ...origin,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
  })
}

export class StreamedAnswer implements Dispatcher.DispatchHandler {
  readonly #parts: StreamParts
  #status = 0
  #error = ''
  #held = ''
  #isBegun = false
  #isOver = false
  #controller: Dispatcher.DispatchController | null = null

  constructor(parts: StreamParts) {
    this.#parts = parts
    parts.exchange.response.on('close', this.#onGone)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#parts.exchange.response.destroyed) this.#onGone()
    else if (this.#isOver) controller.abort(new Error('its time is over'))
  }

  /** Its time is over: where nothing has reached the client, another may be asked. */
  giveUp(withinMs: number): void {
    if (this.#isBegun || this.#isOver) return
    this.#end(timedOut(this.#parts.asked.route.model, withinMs))
    this.#controller?.abort(new Error('its time is over'))
  }

  /** Another was faster: nothing of this one has reached the client. */
  callOff(): void {
    if (this.#isOver) return
    this.#end(calledOff(this.#parts.asked.route.model))
    this.#controller?.abort(new Error('another was faster'))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#status !== 200) {
      if (this.#error.length < ERROR_BYTES_MAX) this.#error += chunk.toString()
      return
    }
    if (this.#isOver) return
    const { relay, exchange } = this.#parts
    const text = this.#held + relay.push(chunk)
    this.#held = this.#isStillSilent(text) ? text : ''
    if (text !== '' && this.#held === '') this.#send(exchange, text, controller)
    this.#judgeState()
  }

  /** Of two that were asked the first with something to say wins: what says nothing waits for it. */
  #isStillSilent({ length }: string): boolean {
    const { asked, relay } = this.#parts
    if (asked.entry === null || this.#isBegun) return false
    return relay.tally.pieces === 0 && length < HELD_LENGTH_MAX
  }

  onResponseEnd(): void {
    if (this.#status !== 200)
      return this.#end(judgeStatus(this.#parts.asked, this.#status, this.#error))
    this.#parts.relay.close()
    this.#judgeState()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#parts.exchange.response.destroyed) this.#onGone()
    else if (this.#status === 0) this.#end(connectionFailed(this.#parts.asked.route.model, error))
    else this.#fail(error.message)
  }

  #send({ response }: Exchange, text: string, controller: Dispatcher.DispatchController): void {
    if (!this.#isBegun) {
      if (this.#parts.asked.entry?.claim() === false) return this.callOff()
      this.#isBegun = true
      this.#parts.asked.onOutput()
      this.#parts.onStart()
      begin(this.#parts.exchange, this.#parts.asked)
    }
    if (response.write(text)) return
    controller.pause()
    response.once('drain', () => controller.resume())
  }

  #judgeState(): void {
    const { relay, exchange, asked } = this.#parts
    if (this.#isOver || relay.state.kind === 'open') return
    if (relay.state.kind === 'failed') {
      this.#fail(relay.state.why)
      this.#controller?.abort(new Error(relay.state.why))
      return
    }
    // An answer without any output still is one.
    if (!this.#isBegun) {
      if (asked.entry?.claim() === false) return this.callOff()
      begin(exchange, asked)
      exchange.response.write(this.#held)
    }
    this.#end({ kind: 'answered', answer: { kind: 'complete' } })
    if (relay.isCut) this.#controller?.abort(new Error('the answer goes no further'))
  }

  #fail(why: string): void {
    if (this.#isBegun)
      this.#end({ kind: 'answered', answer: { kind: 'broken', why }, isBroken: true })
    else this.#end(answerFailed(this.#parts.asked.route.model, why))
  }

  #end(attempt: Attempt<StreamEnd>): void {
    this.#isOver = true
    this.#parts.exchange.response.off('close', this.#onGone)
    this.#parts.resolve(attempt)
  }

  readonly #onGone = (): void => {
    this.#end(this.#isBegun ? { kind: 'answered', answer: { kind: 'gone' } } : { kind: 'gone' })
    this.#controller?.abort(new Error('the client went away'))
  }
}
