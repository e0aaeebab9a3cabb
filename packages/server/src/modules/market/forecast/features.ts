/**
 * What is known of a pool at the end of an hour, as numbers that mean the same on every pool: levels and rises divided by
 * what the pool usually moves by. Pure, and causal: nothing of a later hour is read.
 */
import { calendarAt, DAY_HOURS, demandAt, type DemandSeries, peakAfter } from './series.ts'

/** A series with what is computed of it once. */
export interface Prepared {
  readonly series: DemandSeries
  readonly horizon: number
  /** What the pool usually moves by within the horizon, as far as it was known at each hour. */
  readonly scale: Float64Array
  /** By how much the peak of the next hours passes the demand of each hour; NaN where that is not known yet. */
  readonly rise: Float64Array
  /** How much the other pools moved at each hour, each by its own measure. */
  readonly elsewhere: Float64Array
}

const SCALE_HOURS = 28 * DAY_HOURS
const SCALE_OF_CAPACITY_MIN = 0.005

function scaleOf(series: DemandSeries, rise: Float64Array, horizon: number): Float64Array {
  let [sum, count] = [0, 0]
  return Float64Array.from(series.demand, (_, hour) => {
    const known = hour - horizon
    if (known >= 0) {
      sum += Math.abs(rise[known] ?? 0)
      count++
    }
    if (known >= SCALE_HOURS) {
      sum -= Math.abs(rise[known - SCALE_HOURS] ?? 0)
      count--
    }
    return Math.max(count > 0 ? sum / count : 0, SCALE_OF_CAPACITY_MIN * series.capacity, 1)
  })
}

function movesOf({ series, scale }: Prepared): Float64Array {
  return Float64Array.from(series.demand, (demand, hour) => {
    const move = (demand - demandAt(series, hour - 1)) / (scale[hour] ?? 1)
    return Math.max(-3, Math.min(3, move))
  })
}

/** Prepares pools that are forecast together. Their series begin and end at the same instants. */
export function prepare(all: readonly DemandSeries[], horizon: number): readonly Prepared[] {
  const alone = all.map((series): Prepared => {
    const rise = Float64Array.from(
      series.demand,
      (demand, hour) => peakAfter(series, hour, horizon) - demand,
    )
    const scale = scaleOf(series, rise, horizon)
    return { series, horizon, scale, rise, elsewhere: new Float64Array(scale.length) }
  })
  const moves = alone.map(movesOf)
  return alone.map((own, index) => {
    const others = moves.filter((_, other) => other !== index)
    const elsewhere = own.elsewhere.map(
      (_, hour) =>
        others.reduce((sum, move) => sum + (move[hour] ?? 0), 0) / Math.max(1, others.length),
    )
    return { ...own, elsewhere }
  })
}

function meanOf(values: readonly number[]): number {
  return values.length > 0
    ? values.reduce((sum, value) => sum + value, 0) / values.length
    : Number.NaN
}

/** Highest and lowest of the last so many hours. */
function rangeOf(series: DemandSeries, hour: number, hours: number) {
  let [low, high] = [Number.POSITIVE_INFINITY, 0]
  for (let back = 0; back < hours; back++) {
    const demand = demandAt(series, hour - back)
    if (demand < low) low = demand
    if (demand > high) high = demand
  }
  return { low, high }
}

const CHANGES = [1, 2, 3, 4, 6, 9, 12, 24, 48, 168]
const RANGES = [3, 6, 12, 24, 72, 168]
const SAME_HOUR_DAYS = [1, 2, 3, 7, 14]

/** Levels of now against levels of before. */
function pushLevels(row: number[], { series, scale }: Prepared, hour: number): void {
  const now = demandAt(series, hour)
  const unit = scale[hour] ?? 1
  for (const back of CHANGES) row.push((now - demandAt(series, hour - back)) / unit)
  for (const hours of RANGES) {
    const { low, high } = rangeOf(series, hour, hours)
    row.push((now - low) / unit, (high - now) / unit)
  }
  const week = Array.from({ length: 168 }, (_, back) => demandAt(series, hour - back))
  row.push((now - meanOf(week)) / unit)
  row.push(now / Math.max(1, series.capacity), (series.capacity - now) / unit)
  row.push(unit / Math.max(1, series.capacity))
}

/** What followed the same hour on earlier days. */
function pushSameHour(row: number[], prepared: Prepared, hour: number): void {
  const { series, scale, rise, horizon } = prepared
  const now = demandAt(series, hour)
  const unit = scale[hour] ?? 1
  for (const days of SAME_HOUR_DAYS) {
    const then = hour - days * DAY_HOURS
    const isKnown = then >= 0 && then + horizon <= hour
    row.push(isKnown ? (demandAt(series, then) + (rise[then] ?? 0) - now) / unit : Number.NaN)
    row.push(isKnown ? (rise[then] ?? 0) / unit : Number.NaN)
  }
  const about = (days: readonly number[]) =>
    days
      .flatMap((day) => [-1, 0, 1].map((off) => hour - day * DAY_HOURS + off))
      .filter((then) => then >= 0 && then + horizon <= hour)
      .map((then) => (rise[then] ?? 0) / unit)
  for (const days of [7, 28]) {
    const rises = about(Array.from({ length: days }, (_, index) => index + 1)).toSorted(
      (a, b) => a - b,
    )
    row.push(meanOf(rises), rises[Math.floor(rises.length * 0.5)] ?? Number.NaN)
    row.push(rises[Math.floor(rises.length * 0.9)] ?? Number.NaN)
  }
  row.push(meanOf(about([7, 14, 21, 28, 35])))
}

const JUMP_OF_SCALE = 0.7
const JUMP_LOOKED_BACK = 48

const PEAK_DAYS = 7

/** The peaks of the same hours of the last week, against now. */
function pushPeaks(row: number[], { series, scale, rise, horizon }: Prepared, hour: number): void {
  const now = demandAt(series, hour)
  const peaks = Array.from({ length: PEAK_DAYS }, (_, index) => hour - (index + 1) * DAY_HOURS)
    .filter((then) => then >= 0 && then + horizon <= hour)
    .map((then) => (demandAt(series, then) + (rise[then] ?? 0) - now) / (scale[hour] ?? 1))
  const room = (series.capacity - now) / (scale[hour] ?? 1)
  row.push(meanOf(peaks), Math.max(...peaks), Math.min(...peaks))
  row.push(meanOf(peaks.map((peak) => (peak > room ? 1 : 0))))
}

/** How lively the pool and its neighbours have been. */
function pushMoves(row: number[], { series, scale, elsewhere }: Prepared, hour: number): void {
  const unit = scale[hour] ?? 1
  const move = (back: number) => demandAt(series, hour - back) - demandAt(series, hour - back - 1)
  const day = Array.from({ length: 24 }, (_, back) => move(back))
  row.push(meanOf(day.map(Math.abs)) / unit, meanOf(day.slice(0, 4).map(Math.abs)) / unit)
  row.push(day.reduce((sum, each) => sum + Math.max(0, each), 0) / unit)
  let sinceJump = 0
  while (sinceJump < JUMP_LOOKED_BACK && move(sinceJump) < JUMP_OF_SCALE * unit) sinceJump++
  row.push(sinceJump)
  for (const hours of [1, 4, 12])
    row.push(meanOf(Array.from({ length: hours }, (_, back) => elsewhere[hour - back] ?? 0)))
}

/** Hour and weekday, from more than one beginning, so that a cut may fall anywhere. */
function pushCalendar(row: number[], series: DemandSeries, hour: number): void {
  const { ofDay, weekday } = calendarAt(series, hour)
  row.push(ofDay, (ofDay + 12) % 24, (ofDay + 6) % 24, weekday, (weekday + 3) % 7)
}

/** The row of features of an hour. */
export function featuresAt(prepared: Prepared, hour: number): Float64Array {
  const row: number[] = []
  pushLevels(row, prepared, hour)
  pushSameHour(row, prepared, hour)
  pushPeaks(row, prepared, hour)
  pushMoves(row, prepared, hour)
  pushCalendar(row, prepared.series, hour)
  return Float64Array.from(row)
}
