/** What the last forecasts say of the owner's peaks, for the market's decisions: only what is fresh and believed. */
import type { Db } from '#platform/db/database.ts'
import { FORECAST_HOLDS_HOURS } from '../../limits.ts'
import { listForecasts } from './forecast-store.ts'
import { quantileOf } from './forecast/distribution.ts'
import { HOUR_MS } from './forecast/series.ts'
import type { ForeseenPeaks } from './snapshot.ts'

const LIKELY_LEVEL = 0.5
const FAR_LEVEL = 0.99

/** By pool. A pool whose forecast falls back is not in it: it keeps what its policy says. */
export async function listForeseenPeaks(
  db: Db,
  now: Date,
): Promise<ReadonlyMap<string, ForeseenPeaks>> {
  const from = new Date(now.getTime() - FORECAST_HOLDS_HOURS * HOUR_MS)
  const made = await listForecasts(db, { from, to: now })
  const peaks = new Map<string, ForeseenPeaks>()
  for (const [pool, all] of Map.groupBy(made, (each) => each.pool)) {
    const lastMs = Math.max(...all.map(({ hour }) => hour.getTime()))
    const last = all.filter(({ hour }) => hour.getTime() === lastMs)
    const [shortest, longest] = [last[0], last.at(-1)]
    if (!shortest || !longest || last.some(({ fallback }) => fallback !== null)) continue
    peaks.set(pool, {
      likely: quantileOf(shortest.peak, LIKELY_LEVEL),
      far: quantileOf(longest.peak, FAR_LEVEL),
    })
  }
  return peaks
}
