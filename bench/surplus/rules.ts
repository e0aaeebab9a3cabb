/** The rules that ours is measured against: each says from the past alone what to keep for the owner. */
import { type DemandSeries, peakAfter } from '../../packages/server/src/modules/market/index.ts'

/** GPUs to keep on a pool for the four hours after an hour. */
export type Rule = (series: DemandSeries, hour: number) => number

export const HORIZON = 4
const DAY = 24
const MONTH = 28 * DAY

/** Between the values next to it, as the usual statistics do. */
function quantile(values: Float64Array, level: number): number {
  const sorted = values.toSorted()
  const place = level * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? low
  return low + (place - Math.floor(place)) * (high - low)
}

function lastHours({ demand }: DemandSeries, hour: number, hours: number): Float64Array {
  return demand.slice(Math.max(0, hour - hours + 1), hour + 1)
}

/** Four-hour rises of the last four weeks that had all passed, at hours of the day that a test admits. */
function pastRises(series: DemandSeries, hour: number, admits: (then: number) => boolean) {
  const rises: number[] = []
  for (let then = Math.max(0, hour - MONTH + 1); then + HORIZON <= hour; then++)
    if (admits(then)) rises.push(peakAfter(series, then, HORIZON) - (series.demand[then] ?? 0))
  return Float64Array.from(rises)
}

function hoursApart(a: number, b: number): number {
  const apart = Math.abs(a - b) % DAY
  return Math.min(apart, DAY - apart)
}

function gaussian({ demand }: DemandSeries, hour: number): number {
  let highest = 0
  for (let ahead = 1; ahead <= HORIZON; ahead++) {
    const same: number[] = []
    for (let then = hour + ahead - DAY; then > hour - MONTH && then >= 0; then -= DAY)
      same.push(demand[then] ?? 0)
    const mean = same.reduce((sum, value) => sum + value, 0) / same.length
    const variance = same.reduce((sum, value) => sum + (value - mean) ** 2, 0) / same.length
    highest = Math.max(highest, mean + 1.28 * Math.sqrt(variance))
  }
  return highest
}

/** By the name that each has in the JSON. */
export const RULES: Readonly<Record<string, Rule>> = {
  oracle: (series, hour) => peakAfter(series, hour, HORIZON),
  static_p90_28_days: (series, hour) => quantile(lastHours(series, hour, MONTH), 0.9),
  static_p50_28_days: (series, hour) => quantile(lastHours(series, hour, MONTH), 0.5),
  previous_week_peak: (series, hour) => Math.max(...lastHours(series, hour, 7 * DAY)),
  previous_day_peak: (series, hour) => Math.max(...lastHours(series, hour, DAY)),
  everything_idle_now: ({ demand }, hour) => demand[hour] ?? 0,
  gaussian_same_hour: gaussian,
  now_and_p90_rise: (series, hour) =>
    (series.demand[hour] ?? 0) +
    quantile(
      pastRises(series, hour, () => true),
      0.9,
    ),
  now_and_p90_rise_at_this_hour: (series, hour) =>
    (series.demand[hour] ?? 0) +
    quantile(
      pastRises(series, hour, (then) => hoursApart(then, hour) <= 2),
      0.9,
    ),
}
