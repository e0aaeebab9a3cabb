/** Forecasts held against what came: coverage at each level, and promises that broke. Pure. */
import { type Distribution, quantileOf } from './distribution.ts'

/** A forecast whose hours have passed, or not yet. */
export interface ForecastRecord {
  readonly peak: Distribution
  readonly capacity: number
  readonly offered: number | null
  /** The peak that came; null while its hours have not all passed. */
  readonly came: number | null
}

export interface Accuracy {
  /** Forecasts whose hours have passed. */
  readonly forecasts: number
  /** The share of peaks below the forecast at a level, which should be the level. */
  readonly levels: readonly { readonly nominal: number; readonly actual: number | null }[]
  readonly promises: number
  readonly breaches: number
}

const SHOWN_LEVELS = [0.5, 0.9, 0.95, 0.99]

export function accuracyOf(records: readonly ForecastRecord[]): Accuracy {
  const passed = records.flatMap((record) => {
    const { came } = record
    return came === null ? [] : [{ ...record, came }]
  })
  const levels = SHOWN_LEVELS.map((nominal) => {
    const covered = passed.filter(({ peak, came }) => came <= quantileOf(peak, nominal) + 1e-9)
    return { nominal, actual: passed.length > 0 ? covered.length / passed.length : null }
  })
  const promises = passed.filter(({ offered }) => (offered ?? 0) >= 1)
  const breaches = promises.filter(
    ({ offered, capacity, came }) => Math.floor(offered ?? 0) > Math.max(0, capacity - came),
  )
  return {
    ...{ forecasts: passed.length, levels },
    ...{ promises: promises.length, breaches: breaches.length },
  }
}
