/**
 * Keeps a server's credential out of what it answers: some repeat it in an error, which would reach the client or the
 * log. What is said of an error is read as a whole; in an answer each piece is looked through as it comes.
 */
import type { Dispatcher } from 'undici'

type Handler = Dispatcher.DispatchHandler
type Controller = Dispatcher.DispatchController

const COVER = '***'
/** A shorter one is a word like others, and no secret. */
const SECRET_CHARACTERS_MIN = 8
const ERROR_BYTES_MAX = 64 * 1024

export class SecretKeeper implements Handler {
  readonly #handler: Handler
  readonly #secrets: readonly Buffer[]
  readonly #error: Buffer[] = []
  #errorBytes = 0
  #isError = false

  constructor(handler: Handler, secrets: readonly string[]) {
    this.#handler = handler
    this.#secrets = secrets
      .filter(({ length }) => length >= SECRET_CHARACTERS_MIN)
      .map((secret) => Buffer.from(secret))
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context)
  }

  onResponseStart(...told: Parameters<NonNullable<Handler['onResponseStart']>>): void {
    this.#isError = told[1] !== 200
    this.#handler.onResponseStart?.(...told)
  }

  onResponseData(controller: Controller, piece: Buffer): void {
    if (!this.#isError) return this.#handler.onResponseData?.(controller, this.#cover(piece))
    if (this.#errorBytes > ERROR_BYTES_MAX) return
    this.#errorBytes += piece.length
    this.#error.push(piece)
  }

  onResponseEnd(...told: Parameters<NonNullable<Handler['onResponseEnd']>>): void {
    if (this.#error.length > 0)
      this.#handler.onResponseData?.(told[0], this.#cover(Buffer.concat(this.#error)))
    this.#handler.onResponseEnd?.(...told)
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#handler.onResponseError?.(controller, error)
  }

  #cover(bytes: Buffer): Buffer {
    const found = this.#secrets.filter((secret) => bytes.includes(secret))
    if (found.length === 0) return bytes
    const text = found.reduce(
      (covered, secret) => covered.replaceAll(secret.toString('latin1'), COVER),
      bytes.toString('latin1'),
    )
    return Buffer.from(text, 'latin1')
  }
}
