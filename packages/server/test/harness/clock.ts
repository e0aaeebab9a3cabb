/** A clock that moves only when the test says so. */
import type { Clock } from '#kernel/clock.ts'

export interface FakeClock extends Clock {
  /** Moves trusted time and the monotonic counter forward together. */
  advance(ms: number): void
  /** The monotonic counter, as processes would record it. */
  readonly monotonicMs: () => number
}

/** Starts at `start`, with the monotonic counter at zero. */
export function makeClock(start = '2026-01-01T00:00:00.000Z'): FakeClock {
  const startMs = Date.parse(start)
  if (Number.isNaN(startMs)) throw new Error(`not an instant: ${start}`)
  let elapsedMs = 0
  return {
    now: () => new Date(startMs + elapsedMs),
    atMonotonic: (monotonicMs) => new Date(startMs + monotonicMs),
    monotonicMs: () => elapsedMs,
    advance: (ms) => {
      if (!(ms >= 0)) throw new Error('the trusted clock never goes back')
      elapsedMs += ms
    },
  }
}
