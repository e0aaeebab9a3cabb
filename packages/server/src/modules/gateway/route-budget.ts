/**
 * Tries beyond the first are a share of requests, so that a model that fails for everybody is not asked a multiple of
 * what it is asked already. A small burst is always free: a fault now and then costs nothing of it. Pure.
 */

export interface RetryBudget {
  /** In hundredths of a try. */
  readonly left: number
}

const TRY = 100
const BURST_TRIES = 10

export const FULL_BUDGET: RetryBudget = { left: BURST_TRIES * TRY }

/** A request came: it earns its share of a try. */
export function earn({ left }: RetryBudget, sharePercent: number): RetryBudget {
  return { left: Math.min(BURST_TRIES * TRY, left + sharePercent) }
}

/** One more try; null where none is left. */
export function spend({ left }: RetryBudget): RetryBudget | null {
  return left >= TRY ? { left: left - TRY } : null
}
