/**
 * A fault: a use case cannot do what was asked. Codes are declared in the contract, with status and what to do.
 * `internal` and `cause` are for the log and never leave the process.
 */
import type { ErrorCode } from '@spillway/contract'

export interface FieldError {
  /** Where, as a dotted path into the request: `body.gpus`. */
  readonly field: string
  readonly message: string
}

export interface FaultOptions {
  readonly details?: Readonly<Record<string, unknown>>
  readonly fields?: readonly FieldError[]
  readonly retryAfterMs?: number
  readonly internal?: string
  readonly cause?: unknown
}

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly fields: readonly FieldError[] | undefined
  readonly retryAfterMs: number | undefined
  readonly internal: string | undefined

  /** `message` is public: a sentence that says what happened and what to do. */
  constructor(code: ErrorCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details
    this.fields = options.fields
    this.retryAfterMs = options.retryAfterMs
    this.internal = options.internal
  }
}
