/**
 * What the live controller does once an hour, told hour by hour: forecasts the owner's peak for each horizon and sells
 * promises for the shorter ones. For a market on a virtual clock, whose series grow while it runs; learns as often as
 * the controller does. Pure: it remembers what it said, and is told what came.
 */
import { type Distribution, quantileOf } from '../forecast/distribution.ts'
import { COVER_LEVEL, type FallbackReason } from '../forecast/fallback.ts'
import { type Prepared, prepare } from '../forecast/features.ts'
import { type Forecast, forecastAt } from '../forecast/forecast.ts'
import { FeatureCache, learn, type Learned } from '../forecast/learner.ts'
import { accuracyOf, type ForecastRecord } from '../forecast/record.ts'
import { type DemandSeries, peakAfter } from '../forecast/series.ts'
import { type Sale, Seller } from './seller.ts'

/** What was said of a pool in an hour, for one horizon. */
export interface HourlyForecast {
  readonly hours: number
  readonly peak: Distribution
  readonly fallback: FallbackReason | null
  /** What may be promised for these hours; null for the longest horizon, for which nothing is. */
  readonly offered: number | null
}

export interface HourlyDeskSettings {
  /** In hours, shortest first. */
  readonly horizons: readonly number[]
  readonly learnEveryHours: number
}

interface Said {
  readonly hour: number
  readonly forecasts: readonly Forecast[]
  readonly sales: readonly Sale[] | null
}

/** Promises that were offered and have come to their end, and those of them that would have broken. */
export interface Kept {
  readonly promises: number
  readonly breaches: number
}

class HorizonDesk {
  readonly #hours: number
  readonly #learnEveryHours: number
  readonly #seller: Seller | null
  readonly #said: Said[] = []
  readonly #covered: boolean[][] = []
  /** By pool, since they were last asked for. */
  #came: ForecastRecord[][] = []
  #learned: Learned | null = null
  #learnedAt = -Infinity

  constructor(hours: number, learnEveryHours: number, isSold: boolean) {
    this.#hours = hours
    this.#learnEveryHours = learnEveryHours
    this.#seller = isSold ? new Seller() : null
  }

  next(series: readonly DemandSeries[]): readonly HourlyForecast[] {
    const hour = (series[0]?.demand.length ?? 0) - 1
    const all = prepare(series, this.#hours)
    this.#settle(series, hour)
    this.#learn(all, hour)
    const forecasts = all.map((pool, at) =>
      forecastAt(pool, { hour, learned: this.#learned, covered: this.#covered[at] ?? [] }),
    )
    const sales =
      this.#seller?.decide(
        forecasts.map(({ peak }, at) => ({ peak, capacity: series[at]?.capacity ?? 0 })),
      ) ?? null
    this.#said.push({ hour, forecasts, sales })
    return forecasts.map((each, at) => ({
      ...{ hours: this.#hours, ...each },
      offered: sales ? (sales[at]?.gpus ?? 0) : null,
    }))
  }

  /** Holds what was said against what came, as soon as its hours have passed. */
  #settle(series: readonly DemandSeries[], hour: number): void {
    for (let first = this.#said[0]; first; first = this.#said[0]) {
      const said = first
      if (said.hour + this.#hours > hour) return
      this.#said.shift()
      const peaks = series.map((pool) => peakAfter(pool, said.hour, this.#hours))
      this.#seller?.settle(peaks)
      for (const [at, { peak }] of said.forecasts.entries())
        (this.#covered[at] ??= []).push((peaks[at] ?? 0) <= quantileOf(peak, COVER_LEVEL))
      for (const [at, { peak }] of said.forecasts.entries())
        (this.#came[at] ??= []).push({
          ...{ peak, capacity: series[at]?.capacity ?? 0, came: peaks[at] ?? null },
          offered: said.sales?.[at]?.gpus ?? null,
        })
    }
  }

  takeCame(): readonly (readonly ForecastRecord[])[] {
    const came = this.#came
    this.#came = []
    return came
  }

  #learn(all: readonly Prepared[], hour: number): void {
    if (this.#learned !== null && hour - this.#learnedAt < this.#learnEveryHours) return
    this.#learned = learn(all, { hour, cache: new FeatureCache() })
    this.#learnedAt = hour
  }
}

export class HourlyDesk {
  readonly #desks: readonly HorizonDesk[]

  constructor({ horizons, learnEveryHours }: HourlyDeskSettings) {
    this.#desks = horizons.map(
      (hours, at) => new HorizonDesk(hours, learnEveryHours, at < horizons.length - 1),
    )
  }

  /** After each hour, with all that has passed: for each pool, what is forecast for each horizon. */
  next(series: readonly DemandSeries[]): readonly (readonly HourlyForecast[])[] {
    const byHorizon = this.#desks.map((desk) => desk.next(series))
    return series.map((_, pool) => byHorizon.flatMap((forecasts) => forecasts[pool] ?? []))
  }

  /** By pool, what became of what was offered since this was last asked. */
  takeKept(): readonly Kept[] {
    const byHorizon = this.#desks.map((desk) => desk.takeCame())
    const pools = Math.max(0, ...byHorizon.map((came) => came.length))
    return Array.from({ length: pools }, (_, pool) =>
      accuracyOf(byHorizon.flatMap((came) => came[pool] ?? [])),
    )
  }
}
