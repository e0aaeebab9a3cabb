/**
 * The owner's demand on a pool, hour by hour: what a forecast is made from. Pure. The demand of an hour is what was
 * asked for at some time within it, so that an hour says something only once it has passed.
 */

export const HOUR_MS = 3_600_000
export const DAY_HOURS = 24

export interface DemandSeries {
  /** Of the pool, or of a team on it. */
  readonly name: string
  /** GPUs that could be sold if nobody asked for any. */
  readonly capacity: number
  /** The instant at which the first hour begins. */
  readonly startMs: number
  /** GPUs asked for in each hour, oldest first. It may pass the capacity. */
  readonly demand: Float64Array
}

export interface SeriesFault {
  readonly hour: number
  readonly field: 'demand' | 'capacity' | 'startMs'
  readonly reason: string
}

/** The first thing about a series that no forecast may be made from; null when there is none. */
export function findSeriesFault(series: DemandSeries): SeriesFault | null {
  const { capacity, startMs, demand } = series
  if (!Number.isFinite(capacity) || capacity < 0)
    return { hour: 0, field: 'capacity', reason: `${capacity} is no capacity` }
  if (!Number.isFinite(startMs)) return { hour: 0, field: 'startMs', reason: 'is no instant' }
  const hour = demand.findIndex((gpus) => !Number.isFinite(gpus) || gpus < 0)
  if (hour < 0) return null
  return { hour, field: 'demand', reason: `${demand[hour]} is no number of GPUs` }
}

/** The demand of an hour; before the first one, that of the first. */
export function demandAt({ demand }: DemandSeries, hour: number): number {
  return demand[Math.max(0, hour)] ?? Number.NaN
}

/** The largest demand of the `horizon` hours after an hour; NaN while they have not all passed. */
export function peakAfter({ demand }: DemandSeries, hour: number, horizon: number): number {
  if (hour + horizon >= demand.length) return Number.NaN
  let peak = 0
  for (let ahead = 1; ahead <= horizon; ahead++) peak = Math.max(peak, demand[hour + ahead] ?? 0)
  return peak
}

/** Hour of the day and day of the week (from Thursday, the first of January 1970), in UTC. */
export function calendarAt({ startMs }: DemandSeries, hour: number) {
  const hours = Math.floor(startMs / HOUR_MS) + hour
  return { ofDay: hours % DAY_HOURS, weekday: Math.floor(hours / DAY_HOURS) % 7 }
}
