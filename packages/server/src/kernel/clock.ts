/**
 * The trusted clock. Money and capacity are measured on it, so it never steps: within one boot of the machine it
 * follows the monotonic counter from an anchor, whatever somebody does to the wall clock, and only slews towards the
 * wall by at most 500 parts per million. Pure: readings come in as arguments.
 */

/** One reading of the machine's clocks. `bootId` names the boot that `monotonicMs` counts from. */
export interface ClockReading {
  readonly wallMs: number
  readonly monotonicMs: number
  readonly bootId: string
}

/** A known correspondence of trusted time and a monotonic instant; persisted, so that a restart continues it. */
export interface ClockAnchor {
  readonly trustedMs: number
  readonly monotonicMs: number
  readonly bootId: string
}

const SLEW_PER_MS = 500e-6

/**
 * Continues trusted time from the last anchor. Within the same boot the elapsed monotonic time is added, so a wall
 * clock set back or forward changes nothing; after a reboot the wall is taken, but never behind the anchor.
 */
export function anchorClock(last: ClockAnchor | null, reading: ClockReading): ClockAnchor {
  const { wallMs, monotonicMs, bootId } = reading
  if (last === null) return { trustedMs: wallMs, monotonicMs, bootId }
  if (last.bootId === bootId && monotonicMs >= last.monotonicMs)
    return { trustedMs: trustedTime(last, reading), monotonicMs, bootId }
  return { trustedMs: Math.max(wallMs, last.trustedMs), monotonicMs, bootId }
}

/** Trusted time in ms, at a reading of the same boot as the anchor; slewed towards the wall, never backwards. */
export function trustedTime(anchor: ClockAnchor, reading: ClockReading): number {
  const elapsedMs = reading.monotonicMs - anchor.monotonicMs
  const steadyMs = anchor.trustedMs + elapsedMs
  const slewMaxMs = elapsedMs * SLEW_PER_MS
  const offsetMs = Math.min(slewMaxMs, Math.max(-slewMaxMs, reading.wallMs - steadyMs))
  return Math.floor(steadyMs + offsetMs)
}

/** What code receives instead of reading time itself. */
export interface Clock {
  /** Trusted time now. */
  readonly now: () => Date
  /** The trusted time of an instant of this boot's monotonic counter, for facts that processes recorded. */
  readonly atMonotonic: (monotonicMs: number) => Date
}
