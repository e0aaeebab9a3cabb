/**
 * A circuit breaker, one for each server: closed while it answers, open when too many tries of a while failed, and
 * half open when its pause is over: then one request at a time is a probe, and what becomes of it decides. Pure.
 */

export interface Breaker {
  /** Null: closed. Else it is open until then, and half open after it. */
  readonly openUntilMs: number | null
  /** Pauses in a row, each twice as long as the one before. */
  readonly openings: number
  readonly isProbing: boolean
  /** Of the current window of tries. */
  readonly sinceMs: number
  readonly tries: number
  readonly failures: number
}

export const CLOSED: Breaker = {
  openUntilMs: null,
  openings: 0,
  isProbing: false,
  sinceMs: 0,
  tries: 0,
  failures: 0,
}

const WINDOW_MS = 10_000
/** Fewer tries say nothing. */
const TRIES_MIN = 5
const PAUSE_MIN_MS = 2000
const PAUSE_MAX_MS = 60_000

export type BreakerState = 'closed' | 'open' | 'half_open'

export function stateOf({ openUntilMs }: Breaker, nowMs: number): BreakerState {
  if (openUntilMs === null) return 'closed'
  return nowMs < openUntilMs ? 'open' : 'half_open'
}

/** A try begins; where the breaker is half open it is the probe. */
export function beginTry(breaker: Breaker, nowMs: number): Breaker {
  return stateOf(breaker, nowMs) === 'half_open' ? { ...breaker, isProbing: true } : breaker
}

function open(breaker: Breaker, nowMs: number): Breaker {
  const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** breaker.openings)
  return {
    ...CLOSED,
    openUntilMs: nowMs + pauseMs,
    openings: breaker.openings + 1,
    sinceMs: nowMs,
  }
}

/** A try ended. What says nothing of the server (the client left, the request was wrong) only ends a probe. */
export function endTry(
  breaker: Breaker,
  outcome: 'answered' | 'failed' | 'unknown',
  nowMs: number,
): Breaker {
  if (outcome === 'unknown') return { ...breaker, isProbing: false }
  if (stateOf(breaker, nowMs) !== 'closed') {
    if (outcome === 'failed') return breaker.isProbing ? open(breaker, nowMs) : breaker
    return { ...CLOSED, sinceMs: nowMs }
  }
  const isOver = nowMs - breaker.sinceMs > WINDOW_MS
  const window = isOver ? { ...breaker, sinceMs: nowMs, tries: 0, failures: 0 } : breaker
  const tries = window.tries + 1
  const failures = window.failures + (outcome === 'failed' ? 1 : 0)
  const isBad = tries >= TRIES_MIN && failures * 2 >= tries && outcome === 'failed'
  return isBad ? open(window, nowMs) : { ...window, tries, failures }
}
