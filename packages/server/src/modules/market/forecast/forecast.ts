/** The forecast of one pool or team for one hour: a distribution, and on what ground it stands. Pure. */
import type { Distribution } from './distribution.ts'
import {
  COVER_HOURS,
  COVER_MIN,
  type FallbackReason,
  HISTORY_HOURS_MIN,
  LEARNED_HOURS_MIN,
  ownRises,
  wholePool,
  withDayPeak,
} from './fallback.ts'
import type { Prepared } from './features.ts'
import { type FeatureCache, type Learned, peakOf } from './learner.ts'

export interface Forecast {
  /** The peak of the owner's demand in the hours that the forecast is for. */
  readonly peak: Distribution
  /** Null where it was learned and has been right as often as it said. */
  readonly fallback: FallbackReason | null
}

export interface ForecastOptions {
  readonly hour: number
  readonly learned: Learned | null
  /** Whether each of the last peaks lay below what was forecast at `COVER_LEVEL`, oldest first. */
  readonly covered: readonly boolean[]
  readonly cache?: FeatureCache
}

/** Whether so many of the last peaks were above the forecast that it is not to be believed. */
export function isDoubted(covered: readonly boolean[]): boolean {
  const last = covered.slice(-COVER_HOURS)
  if (last.length < COVER_HOURS) return false
  return last.filter(Boolean).length < COVER_MIN * last.length
}

export function forecastAt(prepared: Prepared, options: ForecastOptions): Forecast {
  const { hour, learned, covered, cache } = options
  if (hour + 1 < HISTORY_HOURS_MIN)
    return { peak: wholePool(prepared, hour), fallback: 'no_history' }
  if (learned === null || hour + 1 < LEARNED_HOURS_MIN)
    return { peak: ownRises(prepared, hour), fallback: 'little_history' }
  const peak = peakOf(learned, prepared, cache ? { hour, cache } : { hour })
  if (isDoubted(covered))
    return { peak: withDayPeak(peak, prepared, hour), fallback: 'low_confidence' }
  return { peak, fallback: null }
}

/** Of the work that runs: what is known of its ends, in GPUs. */
export interface KnownEnds {
  /** Runs through the next hour for certain. */
  readonly staying: number
  /** Ends before the next hour begins. */
  readonly leaving: number
  /** What usually leaves within an hour, and is in the forecast already. */
  readonly usuallyLeaving: number
}

/** A forecast that knows when running work ends: lower where more leaves than usual, higher where less does, never below what stays. */
export function withKnownEnds(peak: Distribution, ends: KnownEnds): Distribution {
  const relief = ends.leaving - ends.usuallyLeaving
  return peak.map((value) => Math.max(ends.staying, value - relief))
}
