/** A failure that the person at the terminal should read: what happened, what to do, and the exit code. */
import { EXIT } from './exit-codes.ts'

export interface FailureOptions {
  readonly remedy?: string | null
  readonly exitCode?: number
  /** More lines, such as candidates or the request id. */
  readonly lines?: readonly string[]
  readonly cause?: unknown
}

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly remedy: string | null
  readonly exitCode: number
  readonly lines: readonly string[]

  constructor(text: string, options: FailureOptions = {}) {
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.remedy = options.remedy ?? null
    this.exitCode = options.exitCode ?? EXIT.refused
    this.lines = options.lines ?? []
  }
}

/** Wrong usage: found before anything was sent. */
export function usageFailure(text: string, remedy: string | null = null): Failure {
  return new Failure(text, { remedy, exitCode: EXIT.usage })
}

/** The server could not be reached, or the connection broke. */
export class Unreachable extends Failure {
  constructor(text: string, options: FailureOptions = {}) {
    super(text, { exitCode: EXIT.unreachable, ...options })
  }
}
