/** Forecasts of the owner's peak beside what came, shaped for the chart, and how far they are off. Pure. */
import type { Forecast, ForecastAccuracy, SurplusFallback } from '@spillway/contract'
import type { LineSeries, LineShape } from '../../charts/lines.ts'

export type ForecastRange = '24h' | '7d' | '31d'

const HOUR_MS = 3_600_000
const HOURS: Readonly<Record<ForecastRange, number>> = { '24h': 24, '7d': 168, '31d': 744 }

export function rangeStart(range: ForecastRange, nowMs: number): string {
  return new Date(nowMs - HOURS[range] * HOUR_MS).toISOString()
}

const QUANTILES = [
  ['p99', 'P99', true],
  ['p90', 'P90', true],
  ['p50', 'P50', false],
  ['p10', 'P10', true],
] as const

/** At each instant the peak that was forecast for the hours after it, and the one that came; a gap where it has not yet. */
export function toForecastShape(history: readonly Forecast[]): LineShape {
  const quantiles = QUANTILES.map(([id, label, isDashed]): LineSeries => ({
    id,
    label,
    isDashed,
    colour: '--series-1',
    values: history.map(({ peak }) => peak[id]),
  }))
  const came: LineSeries = {
    id: 'came',
    label: 'came',
    colour: '--series-6',
    values: history.map(({ cameGpus }) => cameGpus),
  }
  return {
    seconds: history.map(({ at }) => Date.parse(at) / 1000),
    lines: [...quantiles, came],
    bands: [{ upper: 'p90', lower: 'p10', colour: '--series-1' }],
  }
}

export interface Calibration {
  readonly id: string
  readonly nominal: number
  readonly actual: number
  /** Actual less nominal. */
  readonly off: number
}

/** The levels of a horizon that can be judged; empty before any of its forecasts has passed. */
export function calibrationOf({
  levels,
}: Pick<ForecastAccuracy, 'levels'>): readonly Calibration[] {
  return levels.flatMap(({ nominal, actual }) =>
    actual === null ? [] : [{ id: `P${nominal * 100}`, nominal, actual, off: actual - nominal }],
  )
}

/** `2.1 points too low`; a forecast that is exceeded more often than it says is too low. */
export function renderOff(off: number): string {
  const points = Math.abs(off * 100)
  if (points < 0.05) return 'exact'
  return `${points.toFixed(1)} points too ${off < 0 ? 'low' : 'high'}`
}

export const FALLBACK_WORDS: Readonly<Record<SurplusFallback, string>> = {
  no_history:
    'Nothing is known of the owner’s demand yet, so no forecast is made: nothing firm is promised.',
  little_history:
    'Too little is known of the owner’s demand to learn from: the forecast errs towards the owner, and less is promised.',
  low_confidence:
    'Forecasts were wrong more often of late than they said: they err towards the owner until they are right again, and less is promised.',
  outdated:
    'No forecast was made in the last hours, so none has a say: nothing is promised, and what is idle is sold as it is.',
}

export const FALLBACK_TITLES: Readonly<Record<SurplusFallback, string>> = {
  no_history: 'No history',
  little_history: 'Little history',
  low_confidence: 'Low confidence',
  outdated: 'No forecast',
}
