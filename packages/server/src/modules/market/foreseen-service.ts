/** What the last forecasts say of the owner's peaks, for the market's decisions: only what is fresh and believed. */
import type { Db } from '#platform/db/database.ts'
import { FORECAST_HOLDS_HOURS } from '../../limits.ts'
import { listForecasts, type MadeForecast } from './forecast-store.ts'
import { quantileOf } from './forecast/distribution.ts'
import { HOUR_MS } from './forecast/series.ts'
import type { ForeseenPeaks } from './snapshot.ts'

const LIKELY_LEVEL = 0.5
const FAR_LEVEL = 0.99

/** By pool, the last forecasts that still hold, shortest first. A pool of which there are none is not in it. */
export async function listLiveForecasts(
  db: Db,
  now: Date,
): Promise<ReadonlyMap<string, readonly MadeForecast[]>> {
  const from = new Date(now.getTime() - FORECAST_HOLDS_HOURS * HOUR_MS)
  const live = new Map<string, readonly MadeForecast[]>()
  for (const [pool, all] of Map.groupBy(
    await listForecasts(db, { from, to: now }),
    (each) => each.pool,
  )) {
    const lastMs = Math.max(...all.map(({ hour }) => hour.getTime()))
    live.set(
      pool,
      all.filter(({ hour }) => hour.getTime() === lastMs),
    )
  }
  return live
}

/** Null where the forecast falls back: the pool keeps what its policy says. */
export function foreseenPeaks(live: readonly MadeForecast[] | undefined): ForeseenPeaks | null {
  const [shortest, longest] = [live?.[0], live?.at(-1)]
  if (!shortest || !longest || live?.some(({ fallback }) => fallback !== null)) return null
  return {
    likely: quantileOf(shortest.peak, LIKELY_LEVEL),
    far: quantileOf(longest.peak, FAR_LEVEL),
  }
}
