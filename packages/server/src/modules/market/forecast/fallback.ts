/**
 * What is said of a pool when too little is known to learn from, or when what was learned has lately been wrong. Pure.
 * Each has a name, which goes with the forecast to everybody who reads it; and each errs towards the owner.
 */
import { type Distribution, LEVELS } from './distribution.ts'
import type { Prepared } from './features.ts'
import { DAY_HOURS, demandAt } from './series.ts'

export type FallbackReason = 'no_history' | 'little_history' | 'low_confidence'

/** With less, nothing is said but that the whole pool may be wanted. */
export const HISTORY_HOURS_MIN = 2 * DAY_HOURS
/** With less, only the pool's own highest peaks and rises are gone by. */
export const LEARNED_HOURS_MIN = 14 * DAY_HOURS
/** Of the peaks of the last week at most nine in ten should lie below this level; below so few it is not believed. */
export const COVER_LEVEL = 0.9
export const COVER_MIN = 0.7
export const COVER_HOURS = 7 * DAY_HOURS

/** The whole pool may be wanted. */
export function wholePool(prepared: Prepared, hour: number): Distribution {
  const { capacity } = prepared.series
  return new Float64Array(LEVELS.length).fill(Math.max(capacity, demandAt(prepared.series, hour)))
}

function highestOf({ series }: Prepared, hour: number, hours: number): number {
  let highest = 0
  for (let back = 0; back < Math.min(hours, hour + 1); back++)
    highest = Math.max(highest, demandAt(series, hour - back))
  return highest
}

/** As the pool itself has risen so far, and in its upper half never below the highest demand ever seen. */
export function ownRises(prepared: Prepared, hour: number): Distribution {
  const { rise, horizon } = prepared
  const now = demandAt(prepared.series, hour)
  const known = rise.slice(0, Math.max(0, hour - horizon + 1)).sort()
  const highest = highestOf(prepared, hour, hour + 1)
  return Float64Array.from(LEVELS, (level) => {
    const peak = now + (known[Math.ceil(level * (known.length - 1))] ?? 0)
    return level < 0.5 ? peak : Math.max(peak, highest)
  })
}

/** What was learned, and in its upper quarter not below the highest demand of the last day. */
export function withDayPeak(peak: Distribution, prepared: Prepared, hour: number): Distribution {
  const highest = highestOf(prepared, hour, DAY_HOURS)
  return peak.map((value, level) =>
    (LEVELS[level] ?? 0) < 0.75 ? value : Math.max(value, highest),
  )
}
