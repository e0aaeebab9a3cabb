/** The owner's demand on every pool by the hour: its claims in the book, and what its people wait for in the engines. */
import { listAnchorClaimsEndedSince, listOpenClaims } from '#modules/book/index.ts'
import { listNodes, listPools } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { FORECAST_LEARNED_MS } from '../../limits.ts'
import { listHourlyDemand } from './demand-store.ts'
import { hourlyPeaks, hourOf } from './forecast/hourly.ts'
import { type DemandSeries, HOUR_MS } from './forecast/series.ts'

/** Of each pool, up to the last hour that has passed. All begin at the first hour of which anything is known. */
export async function readDemandSeries(db: Db, now: Date): Promise<readonly DemandSeries[]> {
  const endMs = hourOf(now.getTime())
  const since = new Date(endMs - FORECAST_LEARNED_MS)
  const [pools, nodes] = [await listPools(db), await listNodes(db)]
  const poolOf = new Map(nodes.map((node) => [node.id, node.pool]))
  const open = (await listOpenClaims(db))
    .filter(({ kind }) => kind === 'anchor')
    .map(({ nodeId, slots, startsAt }) => ({
      ...{ pool: poolOf.get(nodeId), gpus: slots.length, startsMs: startsAt.getTime() },
      endsMs: null,
    }))
  const ended = (await listAnchorClaimsEndedSince(db, since)).map((claim) => ({
    ...{ pool: poolOf.get(claim.nodeId), gpus: claim.slotCount },
    ...{ startsMs: claim.startsAt.getTime(), endsMs: claim.endsAt.getTime() },
  }))
  const told = await listHourlyDemand(db, since)
  const spans = [...open, ...ended]
  // Weeks of an owner's jobs are more than a call takes arguments.
  let firstMs = endMs - HOUR_MS
  for (const { startsMs } of spans) firstMs = Math.min(firstMs, hourOf(startsMs))
  for (const { hour } of told) firstMs = Math.min(firstMs, hour.getTime())
  const fromMs = Math.max(firstMs, since.getTime())
  const hours = (endMs - fromMs) / HOUR_MS
  return pools.map(({ name }) => {
    const mine = nodes.filter((node) => node.pool === name)
    const demand = hourlyPeaks(
      spans.filter(({ pool }) => pool === name),
      { fromMs, hours },
    )
    for (const { pool, hour, gpus } of told) {
      const index = (hour.getTime() - fromMs) / HOUR_MS
      if (pool === name && index < hours) demand[index] = Math.max(demand[index] ?? 0, gpus)
    }
    const capacity = mine.reduce((sum, node) => sum + node.slotCount, 0)
    return { name, capacity, startMs: fromMs, demand }
  })
}
