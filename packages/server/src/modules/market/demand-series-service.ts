/** The owner's demand on every pool by the hour: its claims in the book, and what its people wait for in the engines. */
import { listAnchorClaimsEndedSince, listOpenClaims } from '#modules/book/index.ts'
import { listNodes, listPools } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { FORECAST_LEARNED_MS } from '../../limits.ts'
import { listHourlyDemand, type ToldHour } from './demand-store.ts'
import { hourlyPeaks, hourOf, type WorkSpan } from './forecast/hourly.ts'
import { type DemandSeries, HOUR_MS } from './forecast/series.ts'

/** A piece of the owner's work, and whose it is. */
export interface AnchorSpan extends WorkSpan {
  readonly pool: string
  readonly organizationId: string | null
}

/** The demand of a pool, or of one organization on it, with what it is made of. */
export interface Demand {
  readonly pool: string
  /** Null: of all of them together. */
  readonly organizationId: string | null
  readonly series: DemandSeries
  readonly spans: readonly AnchorSpan[]
  /** What was told of it; of one organization nothing is. */
  readonly told: readonly ToldHour[]
}

async function listSpans(db: Db, since: Date): Promise<readonly AnchorSpan[]> {
  const poolOf = new Map((await listNodes(db)).map((node) => [node.id, node.pool]))
  const open = (await listOpenClaims(db))
    .filter(({ kind }) => kind === 'anchor')
    .map(({ nodeId, organizationId, slots, startsAt }) => ({
      ...{ nodeId, organizationId, gpus: slots.length },
      ...{ startsMs: startsAt.getTime(), endsMs: null },
    }))
  const ended = (await listAnchorClaimsEndedSince(db, since)).map((claim) => ({
    ...{ nodeId: claim.nodeId, organizationId: claim.organizationId, gpus: claim.slotCount },
    ...{ startsMs: claim.startsAt.getTime(), endsMs: claim.endsAt.getTime() },
  }))
  return [...open, ...ended].flatMap(({ nodeId, ...span }) => {
    const pool = poolOf.get(nodeId)
    return pool === undefined ? [] : [{ ...span, pool }]
  })
}

interface Stretch {
  readonly fromMs: number
  readonly hours: number
}

function seriesOf(
  demand: Omit<Demand, 'series'>,
  { fromMs, hours, capacity }: Stretch & { readonly capacity: number },
): DemandSeries {
  const peaks = hourlyPeaks(demand.spans, { fromMs, hours })
  for (const { hour, gpus } of demand.told) {
    const index = (hour.getTime() - fromMs) / HOUR_MS
    if (index < hours) peaks[index] = Math.max(peaks[index] ?? 0, gpus)
  }
  const name = demand.organizationId ?? demand.pool
  return { name, capacity, startMs: fromMs, demand: peaks }
}

/** Of each pool, up to the last hour that has passed, and then of each organization on it that had anything. */
export async function readDemand(db: Db, now: Date): Promise<readonly Demand[]> {
  const endMs = hourOf(now.getTime())
  const since = new Date(endMs - FORECAST_LEARNED_MS)
  const [pools, nodes] = [await listPools(db), await listNodes(db)]
  const spans = await listSpans(db, since)
  const told = await listHourlyDemand(db, { since, until: now })
  // Weeks of an owner's jobs are more than a call takes arguments.
  let firstMs = endMs - HOUR_MS
  for (const { startsMs } of spans) firstMs = Math.min(firstMs, hourOf(startsMs))
  for (const { hour } of told) firstMs = Math.min(firstMs, hour.getTime())
  const fromMs = Math.max(firstMs, since.getTime())
  const hours = (endMs - fromMs) / HOUR_MS
  const all = pools.map(({ name: pool }) => ({
    ...{ pool, organizationId: null, spans: spans.filter((span) => span.pool === pool) },
    told: told.filter((each) => each.pool === pool),
  }))
  const teams = all.flatMap(({ pool, spans: ofPool }) =>
    [...Map.groupBy(ofPool, (span) => span.organizationId)].flatMap(([organizationId, own]) =>
      organizationId === null ? [] : [{ pool, organizationId, spans: own, told: [] }],
    ),
  )
  return [...all, ...teams].map((demand) => {
    const mine = nodes.filter((node) => node.pool === demand.pool)
    const capacity = mine.reduce((sum, node) => sum + node.slotCount, 0)
    return { ...demand, series: seriesOf(demand, { fromMs, hours, capacity }) }
  })
}

/** The series of each pool. All begin at the first hour of which anything is known. */
export async function readDemandSeries(db: Db, now: Date): Promise<readonly DemandSeries[]> {
  const all = await readDemand(db, now)
  return all.filter(({ organizationId }) => organizationId === null).map(({ series }) => series)
}
