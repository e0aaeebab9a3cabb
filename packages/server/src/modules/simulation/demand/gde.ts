/**
 * The demand estimator as published with GFS: for each organization a linear forecast from trend, cycle and calendar,
 * with a mean and a variance for each of the next hours, trained anew each day. The sums over organizations are normal.
 */
import { solve } from './least-squares.ts'
import type { DemandLog } from './log.ts'

const TRAINING_HOURS = 672
const TREND_HOURS = 25
const HORIZON_HOURS = 4
const RIDGE = 1

export interface Forecast {
  readonly mean: number
  readonly variance: number
}

interface Model {
  readonly weights: readonly number[]
  readonly variance: number
}

/** What is known at the end of an hour, for one that comes `ahead` hours later. */
function featuresAt(row: readonly number[], at: number, hourOfWeek: number): number[] | null {
  if (at < 168) return null
  const value = (hour: number) => row[hour] ?? 0
  let trend = 0
  for (let back = 0; back < TREND_HOURS; back++) trend += value(at - back) / TREND_HOURS
  const angle = (2 * Math.PI * (hourOfWeek % 24)) / 24
  const isWorkday = hourOfWeek < 120 ? 1 : 0
  return [
    ...[1, trend, value(at) - trend, value(at - 1) - trend],
    ...[value(at - 23) - trend, value(at - 167) - trend],
    ...[Math.sin(angle), Math.cos(angle), isWorkday],
  ]
}

export class DemandEstimator {
  /** By organization, then by hour ahead, from one. */
  #models: readonly (readonly (Model | null)[])[] = []
  #trainedAt = -1
  /** By hour ahead; only a new hour of history changes them. */
  #known: Forecast[] = []
  #knownAt = -1

  /** The demand over all organizations in an hour: the one under way is the first ahead. */
  forecast(log: DemandLog, ahead: number): Forecast {
    if (this.#knownAt !== log.hours.length) {
      this.#train(log)
      this.#known = Array.from({ length: HORIZON_HOURS }, (_, at) => this.#sum(log, at + 1))
      this.#knownAt = log.hours.length
    }
    return this.#known[ahead - 1] ?? { mean: log.total, variance: 0 }
  }

  #sum(log: DemandLog, ahead: number): Forecast {
    let [mean, variance] = [0, 0]
    for (const [index, row] of log.byOrganization.entries()) {
      const model = this.#models[index]?.[ahead - 1]
      const features = featuresAt(row, row.length - 1, log.hourOfWeek + ahead - 1)
      if (!model || !features) {
        mean += log.now[index] ?? 0
        continue
      }
      mean += Math.max(
        0,
        features.reduce((sum, each, at) => sum + each * (model.weights[at] ?? 0), 0),
      )
      variance += model.variance
    }
    return { mean, variance }
  }

  #train(log: DemandLog): void {
    const hours = log.hours.length
    if (this.#trainedAt >= 0 && hours - this.#trainedAt < 24) return
    this.#trainedAt = hours
    this.#models = log.byOrganization.map((row) =>
      Array.from({ length: HORIZON_HOURS }, (_, index) =>
        this.#fit(row, index + 1, log.hourOfWeek),
      ),
    )
  }

  #fit(row: readonly number[], ahead: number, hourOfWeek: number): Model | null {
    const rows: number[][] = []
    const targets: number[] = []
    const last = row.length - 1
    for (let at = Math.max(168, last - TRAINING_HOURS); at + ahead <= last; at++) {
      const hour = (((hourOfWeek - 1 - (last - at) + ahead) % 168) + 168) % 168
      const features = featuresAt(row, at, hour)
      if (!features) continue
      rows.push(features)
      targets.push(row[at + ahead] ?? 0)
    }
    if (rows.length < 48) return null
    const weights = solve(rows, targets, RIDGE)
    const errors = rows.map(
      (features, index) =>
        (targets[index] ?? 0) -
        features.reduce((sum, each, at) => sum + each * (weights[at] ?? 0), 0),
    )
    // The last week judges, as far as there is one.
    const judged = errors.slice(-168)
    return {
      weights,
      variance: judged.reduce((sum, error) => sum + error * error, 0) / judged.length,
    }
  }
}
