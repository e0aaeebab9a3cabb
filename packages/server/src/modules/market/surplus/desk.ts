/**
 * Forecasts and sells hour after hour over a history, each hour knowing only what had passed by then: what the live
 * controller does once an hour, for simulations and measurements. Pure.
 */
import { type Distribution, quantileOf } from '../forecast/distribution.ts'
import { COVER_LEVEL, type FallbackReason } from '../forecast/fallback.ts'
import { type Prepared, prepare } from '../forecast/features.ts'
import { type Forecast, forecastAt } from '../forecast/forecast.ts'
import { FeatureCache, learn, type Learned, LEARNER } from '../forecast/learner.ts'
import { type DemandSeries, peakAfter } from '../forecast/series.ts'
import { type Sale, Seller, SELLING, type SellingRules } from './seller.ts'

export interface DeskSettings {
  /** Hours for which a sale is promised. */
  readonly horizon: number
  readonly learner: typeof LEARNER
  readonly learnEveryHours: number
  readonly rules: SellingRules
  /** The first hour that is forecast. */
  readonly beginHour: number
  /** Pools that a pool's forecast may be learned from: all, or all others. */
  readonly learnedFrom: 'all' | 'others'
}

export const DESK: DeskSettings = {
  horizon: 4,
  learner: LEARNER,
  learnEveryHours: 96,
  rules: SELLING,
  beginHour: 336,
  learnedFrom: 'all',
}

/** What was decided of a pool in an hour. */
export interface DeskPool {
  readonly peak: Distribution
  readonly fallback: FallbackReason | null
  readonly sale: Sale
}

export interface DeskHour {
  readonly hour: number
  /** The chance of each part of the distributions, by what came before. */
  readonly chances: Float64Array
  readonly pools: readonly DeskPool[]
}

/** What each pool is forecast by. */
function learnAll(
  all: readonly Prepared[],
  settings: DeskSettings,
  { hour, cache }: { readonly hour: number; readonly cache: FeatureCache },
): readonly (Learned | null)[] {
  const options = { hour, cache, settings: settings.learner }
  if (settings.learnedFrom === 'others')
    return all.map((own) =>
      learn(
        all.filter((each) => each !== own),
        options,
      ),
    )
  const learned = learn(all, options)
  return all.map(() => learned)
}

/** Every hour from the first one asked for to the last of the series. */
export function* runDesk(
  series: readonly DemandSeries[],
  settings: DeskSettings = DESK,
): Generator<DeskHour> {
  const { horizon, beginHour, learnEveryHours, rules } = settings
  const all = prepare(series, horizon)
  const cache = new FeatureCache()
  const seller = new Seller(rules)
  const covered = all.map((): boolean[] => [])
  const forecasts: (readonly Forecast[])[] = []
  const hours = series[0]?.demand.length ?? 0
  let learned: readonly (Learned | null)[] = []
  for (let hour = beginHour; hour < hours; hour++) {
    const passed = hour - horizon
    if (passed >= beginHour) {
      const peaks = all.map((pool) => peakAfter(pool.series, passed, horizon))
      seller.settle(peaks)
      forecasts[passed - beginHour]?.forEach(({ peak }, pool) => {
        covered[pool]?.push((peaks[pool] ?? 0) <= quantileOf(peak, COVER_LEVEL))
      })
    }
    if ((hour - beginHour) % learnEveryHours === 0)
      learned = learnAll(all, settings, { hour, cache })
    const now = all.map((pool, index) =>
      forecastAt(pool, {
        ...{ hour, cache, learned: learned[index] ?? null, covered: covered[index] ?? [] },
      }),
    )
    forecasts.push(now)
    const chances = seller.calibration.chances()
    const sales = seller.decide(
      now.map(({ peak }, pool) => ({ peak, capacity: series[pool]?.capacity ?? 0 })),
    )
    const nothing: Sale = { gpus: 0, breachChance: 0, overSoldGpus: 0 }
    const pools = now.map((each, pool) => ({ ...each, sale: sales[pool] ?? nothing }))
    yield { hour, chances, pools }
  }
}
