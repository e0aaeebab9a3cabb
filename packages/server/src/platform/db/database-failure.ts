/** What an error from the database means for the caller: gone for now, worth another try, or a broken constraint. */
import { Fault } from '#kernel/fault.ts'
import { errorCode } from './start-failure.ts'

/** Serialization failure and deadlock: the same transaction may well pass when tried again. */
const RETRYABLE = new Set(['40001', '40P01'])

/**
 * SQLSTATEs that say nothing about the statement: connection lost (class 08), shutting down or starting (57P),
 * too many connections, full disk or memory (53), statement or lock timeouts, sessions ended for idling.
 */
const UNAVAILABLE_STATE = /^(08...|57P..|53...|57014|55P03|25P03)$/

const UNAVAILABLE_SYSTEM = new Set(
  [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOENT',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ].concat(['ENOTFOUND', 'EAI_AGAIN', 'ECONNABORTED']),
)

/** The driver gives these no code. */
const UNAVAILABLE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/

export function isRetryable(error: unknown): boolean {
  return RETRYABLE.has(errorCode(error)) || isPlanOutlived(error)
}

/** A prepared statement returns other columns than when it was prepared: somebody migrated the schema meanwhile. */
export function isPlanOutlived(error: unknown): boolean {
  if (errorCode(error) !== '0A000') return false
  return (error as { routine?: unknown }).routine === 'RevalidateCachedQuery'
}

/** True when the database could not be asked, or could not do any work. */
export function isUnavailable(error: unknown): boolean {
  const code = errorCode(error)
  if (error instanceof Fault) return code === 'database.unavailable'
  if (code !== '') return UNAVAILABLE_STATE.test(code) || UNAVAILABLE_SYSTEM.has(code)
  return error instanceof Error && UNAVAILABLE_MESSAGE.test(error.message)
}

/** The fault for an error after which nothing was changed. */
export function unavailable(cause: unknown): Fault {
  return new Fault(
    'database.unavailable',
    'The database is not available now; nothing was changed.',
    {
      cause,
      retryAfterMs: 1000,
      internal: cause instanceof Error ? cause.message : String(cause),
    },
  )
}

/** The fault for a connection that broke while the change was being committed: it may have happened. */
export function unknownOutcome(cause: unknown): Fault {
  return new Fault(
    'database.unavailable',
    'The database went away while the change was being committed. Repeat the request with the same Idempotency-Key to learn whether it happened.',
    { cause, retryAfterMs: 1000, details: { outcome: 'unknown' } },
  )
}

/** The name of the constraint that refused the change (SQLSTATE class 23), or null for any other error. */
export function violatedConstraint(error: unknown): string | null {
  if (!errorCode(error).startsWith('23')) return null
  const { constraint } = error as { constraint?: unknown }
  return typeof constraint === 'string' ? constraint : null
}

/** Whether that constraint refused the change. */
export function isConstraintViolation(error: unknown, constraint: string): boolean {
  return violatedConstraint(error) === constraint
}
