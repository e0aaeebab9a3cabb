/** Reckons at which rate each pool sells its promises: by those that broke since the last time, and by who waits. */
import type { Db } from '#platform/db/database.ts'
import { SURPLUS_RATE_EVERY_HOURS } from '../../limits.ts'
import type { MadeForecast } from './forecast-store.ts'
import { accuracyOf, type ForecastRecord } from './forecast/record.ts'
import { HOUR_MS } from './forecast/series.ts'
import { listRates, saveRates, type SurplusRate } from './rate-store.ts'
import type { SoldPromise } from './surplus/promise.ts'
import { nextEta } from './surplus/tiers.ts'

export interface Happened {
  /** The hour that has just passed. */
  readonly hour: Date
  readonly pools: readonly string[]
  /** Forecasts with an offer, and the peak that came. */
  readonly offers: readonly (ForecastRecord &
    Pick<MadeForecast, 'pool' | 'hour' | 'horizonHours'>)[]
  readonly sold: readonly SoldPromise[]
  readonly headWaitsMs: ReadonlyMap<string, number>
}

function rateOf(pool: string, last: SurplusRate | undefined, happened: Happened): SurplusRate {
  const { hour } = happened
  const sinceMs = last?.hour.getTime() ?? Number.NEGATIVE_INFINITY
  const isSince = (endMs: number) => endMs > sinceMs && endMs <= hour.getTime()
  const offered = accuracyOf(
    happened.offers.filter(
      (each) => each.pool === pool && isSince(each.hour.getTime() + each.horizonHours * HOUR_MS),
    ),
  )
  const sold = happened.sold.filter((each) => each.pool === pool && isSince(each.endedAt.getTime()))
  const promises = offered.promises + sold.length
  const breaches = offered.breaches + sold.filter(({ isBroken }) => isBroken).length
  const headWaitMs = Math.round(happened.headWaitsMs.get(pool) ?? 0)
  const breachShare = promises === 0 ? null : breaches / promises
  const eta = nextEta(last?.eta ?? 1, { breachShare, headWaitMs })
  return { pool, hour, eta, promises, breaches, headWaitMs }
}

/** Reckons those that are due. One answer to what happened in a stretch, not one in each hour of it. */
export async function reckonRates(db: Db, happened: Happened): Promise<void> {
  const last = await listRates(db, happened.hour)
  const due = happened.pools.filter((pool) => {
    const known = last.get(pool)
    if (known === undefined) return true
    return happened.hour.getTime() - known.hour.getTime() >= SURPLUS_RATE_EVERY_HOURS * HOUR_MS
  })
  await saveRates(
    db,
    due.map((pool) => rateOf(pool, last.get(pool), happened)),
  )
}
