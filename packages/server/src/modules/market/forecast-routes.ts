/** Forecasts and the surplus over HTTP, for the operator. */
import { Fault } from '#kernel/fault.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { findPool, listNodeShapes } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { FORECAST_JUDGED_HOURS } from '../../limits.ts'
import { readDemandSeries } from './demand-series-service.ts'
import { latestDemand } from './demand-store.ts'
import { HORIZONS, peakThatCame } from './forecast-service.ts'
import { listForecasts, type MadeForecast } from './forecast-store.ts'
import { quantileOf } from './forecast/distribution.ts'
import { accuracyOf, type ForecastRecord } from './forecast/record.ts'
import { type DemandSeries, HOUR_MS } from './forecast/series.ts'
import { readSurplus } from './surplus-service.ts'

const WEEK_HOURS = 168

async function requirePool(db: Db, pool: string): Promise<void> {
  if (!(await findPool(db, pool))) throw new Fault('pool.not_found', `There is no pool ${pool}.`)
}

function cameOf(series: DemandSeries | undefined, made: MadeForecast): number | null {
  const came = peakThatCame(series, made)
  return Number.isNaN(came) ? null : came
}

function renderForecast(made: MadeForecast, series: DemandSeries | undefined) {
  const at = (level: number) => quantileOf(made.peak, level)
  return {
    at: new Date(made.hour.getTime() + HOUR_MS).toISOString(),
    horizonHours: made.horizonHours,
    capacityGpus: made.capacity,
    peak: {
      ...{ p10: at(0.1), p50: at(0.5), p75: at(0.75), p90: at(0.9), p95: at(0.95), p99: at(0.99) },
    },
    fallback: made.fallback,
    offeredGpus: made.offered === null ? null : Math.floor(made.offered),
    cameGpus: cameOf(series, made),
  }
}

interface Seen {
  readonly series: DemandSeries | undefined
  /** Of the pool, oldest first. */
  readonly made: readonly MadeForecast[]
}

async function readPool(db: Db, pool: string, now: Date): Promise<Seen> {
  const series = (await readDemandSeries(db, now)).find(({ name }) => name === pool)
  const from = new Date(now.getTime() - FORECAST_JUDGED_HOURS * HOUR_MS)
  return { series, made: await listForecasts(db, { pool, from, to: now }) }
}

function latestOf(made: readonly MadeForecast[]): readonly MadeForecast[] {
  return HORIZONS.flatMap(
    (horizon) => made.findLast(({ horizonHours }) => horizonHours === horizon) ?? [],
  )
}

function recordsOf({ series, made }: Seen, horizon: number): readonly ForecastRecord[] {
  return made
    .filter(({ horizonHours }) => horizonHours === horizon)
    .map((each) => ({ ...each, came: cameOf(series, each) }))
}

/** Slots of a pool by what claims them; those that nobody has under null. */
async function readClaims(db: Db, pool: string) {
  const nodes = (await listNodeShapes(db)).filter((node) => node.pool === pool)
  const ids = new Set(nodes.map(({ id }) => id))
  const claims = (await listOpenClaims(db)).filter(({ nodeId }) => ids.has(nodeId))
  const byKind = new Map<(typeof claims)[number]['kind'] | null, number>()
  for (const { kind, slots } of claims) byKind.set(kind, (byKind.get(kind) ?? 0) + slots.length)
  const capacity = nodes.reduce((sum, node) => sum + node.slotCount, 0)
  byKind.set(null, capacity - [...byKind.values()].reduce((sum, gpus) => sum + gpus, 0))
  return { nodes, claims, byKind }
}

export const forecastRoutes: Pick<Routes, 'getForecast' | 'getSurplus'> = {
  getForecast: async ({ db, params: { pool }, query, now }) => {
    await requirePool(db, pool)
    const seen = await readPool(db, pool, now)
    const to = query.to ? new Date(query.to) : now
    const from = query.from ? new Date(query.from) : new Date(to.getTime() - WEEK_HOURS * HOUR_MS)
    const { series } = seen
    const history = (await listForecasts(db, { pool, from, to })).filter(
      ({ horizonHours }) => horizonHours === query.horizon,
    )
    const demand = [...(series?.demand ?? [])].flatMap((gpus, hour) => {
      const atMs = (series?.startMs ?? 0) + hour * HOUR_MS
      const isWithin = atMs >= from.getTime() && atMs < to.getTime()
      return isWithin ? [{ at: new Date(atMs).toISOString(), gpus }] : []
    })
    return {
      pool,
      latest: latestOf(seen.made).map((made) => renderForecast(made, series)),
      accuracy: HORIZONS.map((horizonHours) => {
        const { forecasts, levels, promises, breaches } = accuracyOf(recordsOf(seen, horizonHours))
        return { horizonHours, forecasts, levels: [...levels], promises, breaches }
      }),
      history: history.map((made) => renderForecast(made, series)),
      demand,
    }
  },
  getSurplus: async ({ db, params: { pool }, now }) => {
    await requirePool(db, pool)
    const { nodes, claims, byKind } = await readClaims(db, pool)
    const waiting = new Map([[pool, (await latestDemand(db, pool))?.pendingGpus ?? 0]])
    const surplus = (await readSurplus(db, now, { nodes, claims, waiting })).get(pool)
    const { capacity = 0, anchor = 0, fallback = 'outdated', eta = 1, tiers = [] } = surplus ?? {}
    return {
      ...{ pool, at: now.toISOString(), capacityGpus: capacity, anchorGpus: anchor, fallback, eta },
      claims: [...byKind].map(([kind, gpus]) => ({ kind, gpus })),
      tiers: tiers.map((tier) => ({ ...tier, gangs: [...tier.gangs] })),
    }
  },
}
