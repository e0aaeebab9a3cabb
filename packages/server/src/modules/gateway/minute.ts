/** Minutes of the calendar, in UTC. Pure. */

export const MINUTE_MS = 60_000

/** The start of the minute that an instant is in. */
export function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS
}
