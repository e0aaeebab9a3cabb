/** Forecasts and the surplus over HTTP, for the operator. */
import { Fault } from '#kernel/fault.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { findPool, listNodeShapes } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { FORECAST_JUDGED_HOURS } from '../../limits.ts'
import { type Demand, readDemand } from './demand-series-service.ts'
import { latestDemand } from './demand-store.ts'
import { HORIZONS, peakThatCame } from './forecast-service.ts'
import { listForecasts, listTeamForecasts, type MadeForecast } from './forecast-store.ts'
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
  /** Oldest first. */
  readonly made: readonly MadeForecast[]
}

/** Whose forecasts are looked at. */
interface Whose {
  readonly pool: string
  /** Null: of everybody together. */
  readonly organizationId: string | null
}

function listMade(
  db: Db,
  { pool, organizationId }: Whose,
  window: { readonly from: Date; readonly to: Date },
): Promise<readonly MadeForecast[]> {
  return organizationId === null
    ? listForecasts(db, { pool, ...window })
    : listTeamForecasts(db, { pool, organizationId, ...window })
}

function gpusNow({ spans }: Demand): number {
  return spans.reduce((sum, { gpus, endsMs }) => sum + (endsMs === null ? gpus : 0), 0)
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

/** What names are those of: identity knows, and the composition root passes it in. */
export type NamesOf = (db: Db) => Promise<ReadonlyMap<string, string>>

function findTeam(name: string | undefined, names: ReadonlyMap<string, string>): string | null {
  if (name === undefined) return null
  const [id] = [...names].find(([, each]) => each === name) ?? []
  if (id === undefined)
    throw new Fault('organization.not_found', `There is no organization ${name}.`)
  return id
}

function renderDemand(
  series: DemandSeries | undefined,
  { from, to }: { readonly from: Date; readonly to: Date },
) {
  return [...(series?.demand ?? [])].flatMap((gpus, hour) => {
    const atMs = (series?.startMs ?? 0) + hour * HOUR_MS
    const isWithin = atMs >= from.getTime() && atMs < to.getTime()
    return isWithin ? [{ at: new Date(atMs).toISOString(), gpus }] : []
  })
}

function renderTeams(demand: readonly Demand[], names: ReadonlyMap<string, string>) {
  return demand
    .flatMap((each) =>
      each.organizationId === null
        ? []
        : [{ organization: names.get(each.organizationId) ?? '', gpus: gpusNow(each) }],
    )
    .toSorted((a, b) => (a.organization < b.organization ? -1 : 1))
}

export const forecastRoutes = (namesOf: NamesOf): Pick<Routes, 'getForecast' | 'getSurplus'> => ({
  getForecast: async ({ db, params: { pool }, query, now }) => {
    await requirePool(db, pool)
    const names = await namesOf(db)
    const organizationId = findTeam(query.organization, names)
    const whose = { pool, organizationId }
    const demand = (await readDemand(db, now)).filter((each) => each.pool === pool)
    const series = demand.find((each) => each.organizationId === organizationId)?.series
    const judged = new Date(now.getTime() - FORECAST_JUDGED_HOURS * HOUR_MS)
    const seen = { series, made: await listMade(db, whose, { from: judged, to: now }) }
    const to = query.to ? new Date(query.to) : now
    const from = query.from ? new Date(query.from) : new Date(to.getTime() - WEEK_HOURS * HOUR_MS)
    const history = (await listMade(db, whose, { from, to })).filter(
      ({ horizonHours }) => horizonHours === query.horizon,
    )
    return {
      pool,
      organization: query.organization ?? null,
      teams: renderTeams(demand, names),
      latest: latestOf(seen.made).map((made) => renderForecast(made, series)),
      accuracy: HORIZONS.map((horizonHours) => {
        const { forecasts, levels, promises, breaches } = accuracyOf(recordsOf(seen, horizonHours))
        return { horizonHours, forecasts, levels: [...levels], promises, breaches }
      }),
      history: history.map((made) => renderForecast(made, series)),
      demand: renderDemand(series, { from, to }),
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
})
