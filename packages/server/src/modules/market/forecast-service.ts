/**
 * Forecasts the owner's demand once an hour, says what may be promised by it, and keeps both. What was learned stays in
 * memory and is learned anew every few days, a little at a time, so that nobody else waits for it.
 */
import { setImmediate as otherTurns } from 'node:timers/promises'
import type { Database, Db } from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import {
  FORECAST_AFTER_HOUR_MS,
  FORECAST_KEPT_MS,
  FORECAST_LEARN_EVERY_HOURS,
  FORECAST_JUDGED_HOURS,
} from '../../limits.ts'
import { type Demand, readDemand } from './demand-series-service.ts'
import { type EndsNow, endsOf, type LimitedWork, withEnds } from './ends-service.ts'
import {
  deleteOldForecasts,
  listForecasts,
  listTeamForecasts,
  type MadeForecast,
  saveForecasts,
  saveTeamForecasts,
  type TeamForecast,
} from './forecast-store.ts'
import { quantileOf } from './forecast/distribution.ts'
import { COVER_LEVEL } from './forecast/fallback.ts'
import { type Prepared, prepare } from './forecast/features.ts'
import { forecastAt } from './forecast/forecast.ts'
import { hourOf } from './forecast/hourly.ts'
import { FeatureCache, type Learned, learning } from './forecast/learner.ts'
import { type DemandSeries, HOUR_MS, peakAfter } from './forecast/series.ts'
import { reckonRates } from './rate-service.ts'
import { brokenIn, type PromiseMeasures, type SoldPromise } from './surplus/promise.ts'
import { replayOf } from './surplus/replay.ts'
import { Seller } from './surplus/seller.ts'

export const FORECAST_PROGRAM = 'forecast'
/** The promises that are made of hours, and the longest of all, for what is reserved. */
export const HORIZONS: readonly number[] = [1, 2, 4, 24]

interface Kept {
  readonly learned: Learned | null
  readonly atMs: number
}

export interface ForecastingDeps {
  readonly database: Database
  readonly now: () => Date
  /** What became of promises that were sold. */
  readonly measures: PromiseMeasures<Db>
  /** The owner's work that runs now. */
  readonly listRunning: (db: Db) => Promise<readonly LimitedWork[]>
}

async function learnInTurns(all: readonly Prepared[], hour: number): Promise<Learned | null> {
  const steps = learning(all, { hour, cache: new FeatureCache() })
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await otherTurns()
  }
}

/** The peak that came after a forecast; NaN while it is not known. */
export function peakThatCame(series: DemandSeries | undefined, made: MadeForecast): number {
  if (!series) return Number.NaN
  const hour = (made.hour.getTime() - series.startMs) / HOUR_MS
  return hour < 0 ? Number.NaN : peakAfter(series, hour, made.horizonHours)
}

/** The peaks that came after what was forecast in one hour; null where they can no longer be told. */
function peaksOf(
  made: readonly MadeForecast[],
  series: ReadonlyMap<string, DemandSeries>,
): readonly number[] | null {
  const peaks = made.map((each) => peakThatCame(series.get(each.pool), each))
  return peaks.some(Number.isNaN) ? null : peaks
}

/** What the seller promises now, told of everything that it promised before and what came. */
function promise(
  past: readonly MadeForecast[],
  now: readonly MadeForecast[],
  { series, sold }: Pick<Known, 'series' | 'sold'>,
): readonly MadeForecast[] {
  const seller = new Seller()
  const of = new Map(series.map((each) => [each.name, each]))
  const horizonMs = (now[0]?.horizonHours ?? 1) * HOUR_MS
  const nowMs = now[0]?.hour.getTime() ?? 0
  const hours = [...Map.groupBy(past, ({ hour }) => hour.getTime())]
    .map(([hourMs, made]) => ({ hourMs, made, peaks: peaksOf(made, of) }))
    .filter(({ hourMs, peaks }) => peaks !== null || hourMs + horizonMs > nowMs)
  const replay = replayOf(
    hours.map(({ hourMs }) => hourMs),
    { horizonMs, nowMs },
  )
  for (const { kind, index } of replay) {
    const { hourMs = 0, made = [], peaks = null } = hours[index] ?? {}
    if (kind === 'decide') seller.decide(made)
    else if (peaks) {
      // A forecast of an hour is of the hours after it.
      const broken = brokenIn(sold, { hourMs: hourMs + HOUR_MS, hours: horizonMs / HOUR_MS })
      seller.settle(
        peaks,
        made.map(({ pool }) => broken.has(pool)),
      )
    }
  }
  const sales = seller.decide(now)
  return now.map((made, pool) => ({ ...made, offered: sales[pool]?.gpus ?? 0 }))
}

/** What the forecasts of an hour are made from. */
interface Known {
  readonly series: readonly DemandSeries[]
  readonly teams: readonly Demand[]
  /** What is known of the ends, by the demand of which. */
  readonly ends: ReadonlyMap<DemandSeries, EndsNow>
  readonly past: readonly MadeForecast[]
  readonly pastOfTeams: readonly TeamForecast[]
  readonly sold: readonly SoldPromise[]
  /** The hour that has just passed. */
  readonly lastMs: number
}

async function readKnown(deps: ForecastingDeps): Promise<Known | null> {
  const { database, measures } = deps
  const now = deps.now()
  const demand = await readDemand(database, now)
  if ((demand[0]?.series.demand.length ?? 0) === 0) return null
  const limited = await deps.listRunning(database)
  const ends = new Map(demand.map((each) => [each.series, endsOf(each, { now, limited })]))
  const lastMs = hourOf(now.getTime()) - HOUR_MS
  const from = new Date(lastMs - FORECAST_JUDGED_HOURS * HOUR_MS)
  const window = { from, to: new Date(lastMs) }
  return {
    series: demand.flatMap((each) => (each.organizationId === null ? [each.series] : [])),
    teams: demand.filter(({ organizationId }) => organizationId !== null),
    ends,
    past: await listForecasts(database, window),
    pastOfTeams: await listTeamForecasts(database, window),
    sold: await measures.listPromises(database, from),
    lastMs,
  }
}

/** The rates of all pools, by what was offered and sold and has come to its end. */
async function reckon(
  { database, now, measures }: ForecastingDeps,
  { series, past, sold, lastMs }: Known,
): Promise<void> {
  const of = new Map(series.map((each) => [each.name, each]))
  const offers = past.map((made) => {
    const came = peakThatCame(of.get(made.pool), made)
    return { ...made, came: Number.isNaN(came) ? null : came }
  })
  const headWaitsMs = await measures.headWaitsMs(database, now())
  const [hour, pools] = [new Date(lastMs), series.map(({ name }) => name)]
  await reckonRates(database, { hour, pools, offers, sold, headWaitsMs })
}

/** What is forecast of a demand, a moment after the last of its hours. */
function forecastOf(
  prepared: Prepared,
  {
    learned,
    past,
    ends,
  }: {
    readonly learned: Learned | null
    /** Forecasts of this demand for as many hours. */
    readonly past: readonly MadeForecast[]
    readonly ends: EndsNow | undefined
  },
) {
  const { series, horizon } = prepared
  const hour = series.demand.length - 1
  const covered = past
    .map((made) => ({ came: peakThatCame(series, made), peak: made.peak }))
    .filter(({ came }) => !Number.isNaN(came))
    .map(({ came, peak }) => came <= quantileOf(peak, COVER_LEVEL))
  const { peak, fallback } = forecastAt(prepared, { hour, learned, covered })
  return {
    ...{ hour: new Date(series.startMs + hour * HOUR_MS), horizonHours: horizon, fallback },
    ...{ capacity: series.capacity, peak: withEnds(peak, ends, horizon), offered: null },
  }
}

/** Of each organization's work, by what was learned of all pools. */
function forecastTeams(
  { teams, pastOfTeams, ends }: Known,
  horizon: number,
  learned: Learned | null,
): readonly TeamForecast[] {
  const all = prepare(
    teams.map(({ series }) => series),
    horizon,
  )
  return teams.flatMap(({ pool, organizationId, series }, index) => {
    const prepared = all[index]
    if (prepared === undefined || organizationId === null) return []
    const past = pastOfTeams.filter(
      (made) =>
        made.pool === pool &&
        made.organizationId === organizationId &&
        made.horizonHours === horizon,
    )
    const made = forecastOf(prepared, { learned, past, ends: ends.get(series) })
    return [{ ...made, pool, organizationId }]
  })
}

/** Forecasts every pool for each of the horizons; made again for the same hour, it changes nothing. */
async function forecastPools(deps: ForecastingDeps, kept: Map<number, Kept>): Promise<void> {
  const { database } = deps
  const known = await readKnown(deps)
  if (known === null) return
  const { series, past, lastMs } = known
  const hours = series[0]?.demand.length ?? 0
  for (const horizon of HORIZONS) {
    const all = prepare(series, horizon)
    const before = kept.get(horizon)
    const isFresh = before && lastMs - before.atMs < FORECAST_LEARN_EVERY_HOURS * HOUR_MS
    const learned = isFresh ? before.learned : await learnInTurns(all, hours - 1)
    if (!isFresh) kept.set(horizon, { learned, atMs: learned === null ? 0 : lastMs })
    const mine = past.filter(({ horizonHours }) => horizonHours === horizon)
    const made = all.map((prepared) => {
      const { series: own } = prepared
      const before = mine.filter(({ pool }) => pool === own.name)
      const { ends } = known
      const forecast = forecastOf(prepared, { learned, past: before, ends: ends.get(own) })
      return { ...forecast, pool: own.name }
    })
    const isPromised = horizon !== HORIZONS.at(-1)
    await saveForecasts(database, isPromised ? promise(mine, made, known) : made)
    await saveTeamForecasts(database, forecastTeams(known, horizon, learned))
  }
  await reckon(deps, known)
  await deleteOldForecasts(database, new Date(lastMs - FORECAST_KEPT_MS))
}

/** A step an hour, a short while after it, when what happened in it has been heard of. */
export function createForecasting(deps: ForecastingDeps): () => Promise<StepOutcome> {
  const kept = new Map<number, Kept>()
  return async () => {
    await forecastPools(deps, kept)
    const nextMs = hourOf(deps.now().getTime()) + HOUR_MS + FORECAST_AFTER_HOUR_MS
    return { kind: 'wait', untilMs: nextMs }
  }
}
