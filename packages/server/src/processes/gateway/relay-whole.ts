/** An answer in one piece: read from the server as a whole, recorded, then sent. */
import type { Dispatcher } from 'undici'
import {
  answerFailed,
  type Asked,
  type Attempt,
  calledOff,
  connectionFailed,
  judgeStatus,
  timedOut,
} from './attempt.ts'
import type { Waiting } from './exchange.ts'

/** Larger than any answer; a server that sends more is broken. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** Collects a server's answer. When the client leaves, the server is told to stop. */
export class WholeAnswer implements Dispatcher.DispatchHandler {
  readonly #asked: Asked
  readonly #exchange: Waiting
  readonly #resolve: (attempt: Attempt<string>) => void
  readonly #chunks: Buffer[] = []
  #size = 0
  #status = 0
  #controller: Dispatcher.DispatchController | null = null
  #isOver = false

  constructor(asked: Asked, exchange: Waiting, resolve: (attempt: Attempt<string>) => void) {
    this.#asked = asked
    this.#exchange = exchange
    this.#resolve = resolve
    exchange.response.on('close', this.#onGone)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#exchange.response.destroyed) this.#onGone()
    else if (this.#isOver) controller.abort(new Error('its time is over'))
  }

  /** Its time is over: another may be asked. */
  giveUp(withinMs: number): void {
    if (this.#isOver) return
    this.#end(timedOut(this.#asked.route.model, withinMs))
    this.#controller?.abort(new Error('its time is over'))
  }

  /** Another was faster. */
  callOff(): void {
    if (this.#isOver) return
    this.#end(calledOff(this.#asked.route.model))
    this.#controller?.abort(new Error('another was faster'))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > ANSWER_BYTES_MAX) controller.abort(new Error('the answer is too long'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const [first] = this.#chunks
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks)
    const text = body.toString()
    if (this.#status === 200) this.#end({ kind: 'answered', answer: text })
    else this.#end(judgeStatus(this.#asked, this.#status, text))
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#exchange.response.destroyed) this.#end({ kind: 'gone' })
    else if (this.#status === 0) this.#end(connectionFailed(this.#asked.route.model, error))
    else this.#end(answerFailed(this.#asked.route.model, error.message))
  }

  #end(attempt: Attempt<string>): void {
    this.#isOver = true
    this.#exchange.response.off('close', this.#onGone)
    this.#resolve(attempt)
  }

  readonly #onGone = (): void => {
    this.#controller?.abort(new Error('the client went away'))
    this.#end({ kind: 'gone' })
  }
}
