/** How the owner's demand on each pool went lately, from the claims of its work: what the market's outlook is made of. */
import type { ReclaimPolicy } from '@spillway/contract'
import { type Held, listAnchorClaimsEndedSince } from '#modules/book/index.ts'
import {
  type DemandSpan,
  listForeseenPeaks,
  latestDemand,
  sampleDemand,
  type SnapshotPool,
} from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { DEMAND_STEP_MS, DEMAND_STEPS, RISK_AHEAD_MS, SHRINK_AHEAD_MS } from '../../limits.ts'

interface Book {
  readonly held: readonly Held[]
  readonly poolOf: ReadonlyMap<string, string>
  readonly now: Date
}

/** The longest notice of those that give way to the owner's work. */
function noticeMs({ on_demand, spot, flex }: ReclaimPolicy): number {
  const reachable = [on_demand, spot, flex].filter(({ by }) => by.includes('anchor'))
  return Math.max(0, ...reachable.map((terms) => terms.noticeMs))
}

async function listSpans(
  tx: Db,
  { held, poolOf, now }: Book,
): Promise<ReadonlyMap<string | undefined, readonly DemandSpan[]>> {
  const since = new Date(now.getTime() - DEMAND_STEP_MS * DEMAND_STEPS)
  const open = held.flatMap(({ nodeId, slots, anchorSinceMs: startsMs }) =>
    startsMs === null
      ? []
      : [{ pool: poolOf.get(nodeId), slots: slots.length, startsMs, endsMs: null }],
  )
  const ended = (await listAnchorClaimsEndedSince(tx, since)).map((claim) => ({
    pool: poolOf.get(claim.nodeId),
    slots: claim.slotCount,
    ...{ startsMs: claim.startsAt.getTime(), endsMs: claim.endsAt.getTime() },
  }))
  return Map.groupBy([...open, ...ended], ({ pool }) => pool)
}

/** What waits in the engine of a pool; nothing where the last that was heard of it is old. */
async function pendingIn(tx: Db, pool: string, now: Date): Promise<number> {
  const last = await latestDemand(tx, pool)
  const isFresh = last !== null && now.getTime() - last.at.getTime() < DEMAND_STEP_MS * DEMAND_STEPS
  return isFresh ? last.pendingGpus : 0
}

/** The policy of each pool, with the demand on it. */
export async function foreseePools(
  tx: Db,
  pools: readonly { readonly name: string; readonly reclaim: ReclaimPolicy }[],
  book: Book,
): Promise<readonly SnapshotPool[]> {
  const spans = await listSpans(tx, book)
  const window = { nowMs: book.now.getTime(), stepMs: DEMAND_STEP_MS, steps: DEMAND_STEPS }
  const peaks = await listForeseenPeaks(tx, book.now)
  const foreseen = pools.map(async ({ name, reclaim }) => {
    const forecast = peaks.get(name)
    const soonMs = noticeMs(reclaim) + SHRINK_AHEAD_MS
    return {
      name,
      evictionBatch: reclaim.evictionBatch,
      anchorHeadroom: reclaim.anchorHeadroom,
      demand: {
        samples: sampleDemand(spans.get(name) ?? [], window),
        pendingSlots: await pendingIn(tx, name, book.now),
        soonMs,
        laterMs: soonMs + RISK_AHEAD_MS,
        ...(forecast ? { foreseen: forecast } : {}),
      },
    }
  })
  return Promise.all(foreseen)
}
