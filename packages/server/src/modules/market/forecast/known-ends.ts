/**
 * What is known of the ends of the owner's work when a forecast is made: what still runs and so is wanted in the hours to
 * come, what is gone already that the last hour's demand still counts, and what must end soon by its time limit. Pure.
 */
import { type Distribution, quantileOf } from './distribution.ts'
import type { KnownEnds } from './forecast.ts'
import type { WorkSpan } from './hourly.ts'
import { HOUR_MS } from './series.ts'

/** A piece of work that runs, and when it must have ended; null where nothing limits it. */
export interface RunningWork {
  readonly gpus: number
  readonly endsByMs: number | null
}

export interface EndsInput {
  readonly nowMs: number
  readonly horizonHours: number
  /** The demand of the hour that has just passed, and what of it is wanted now. */
  readonly lastHour: number
  readonly now: number
  readonly running: readonly RunningWork[]
  /** By the hour, the most that was wanted in it and what was at its end; oldest first. */
  readonly past: readonly { readonly peak: number; readonly atEnd: number }[]
  /** Work that ran lately, ended or not, over the same hours. */
  readonly ended: readonly WorkSpan[]
  /** The forecast as it is without. */
  readonly peak: Distribution
}

/** What ends in the first part of the hours foreseen has most of them still before it. */
const EARLY_SHARE = 0.25

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function sumOf(work: readonly { readonly gpus: number }[]): number {
  return work.reduce((sum, { gpus }) => sum + gpus, 0)
}

export function knownEndsOf(input: EndsInput): KnownEnds {
  const { nowMs, horizonHours, lastHour, now, running, past, ended, peak } = input
  const earlyHours = EARLY_SHARE * horizonHours
  const isEarly = ({ endsByMs }: RunningWork) =>
    endsByMs !== null && endsByMs <= nowMs + earlyHours * HOUR_MS
  const dueSoon = sumOf(running.filter(isEarly))
  const gone = Math.max(0, lastHour - now)
  const usuallyGone = meanOf(past.map((hour) => Math.max(0, hour.peak - hour.atEnd)))
  const perHour =
    ended.reduce((sum, { gpus, endsMs }) => sum + (endsMs === null ? 0 : gpus), 0) /
    Math.max(1, past.length)
  // Of work without a limit no end is known: none of it is missed among those that are.
  const limited = running.filter(({ endsByMs }) => endsByMs !== null)
  const share = sumOf(limited) / Math.max(1, sumOf(running))
  const leaving = gone + dueSoon
  const usual = usuallyGone + perHour * share * earlyHours
  // What the forecast itself expects to leave is in it already, and relieves it no second time.
  const expected = Math.max(0, lastHour - quantileOf(peak, 0.5))
  return { staying: now, leaving, usuallyLeaving: Math.max(usual, Math.min(leaving, expected)) }
}
