/** How one attempt of a lease is named in an engine. */

/** The engine's name for the current attempt of a lease. */
export function attemptId(lease: { readonly id: string; readonly attempt: number }): string {
  return `${lease.id}-${lease.attempt}`
}

/** The lease that an attempt is of. */
export function leaseOfAttempt(attempt: string): string {
  return attempt.slice(0, attempt.lastIndexOf('-'))
}
