/** How the owner's demand on each pool went lately, from the claims of its work: what the market's outlook is made of. */
import type { ReclaimPolicy } from '@spillway/contract'
import { type Held, listAnchorClaimsEndedSince } from '#modules/book/index.ts'
import type { NodeShape } from '#modules/fleet/index.ts'
import {
  type DemandSpan,
  foreseenPeaks,
  latestDemand,
  type PoolSurplus,
  readSurplus,
  type Sale,
  sampleDemand,
  type SnapshotPool,
  type Sold,
  type Want,
} from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { DEMAND_STEP_MS, DEMAND_STEPS, RISK_AHEAD_MS, SHRINK_AHEAD_MS } from '../../limits.ts'
import type { Bookings } from './booked-service.ts'
import { listSold } from './sold-store.ts'

interface Book {
  readonly held: readonly Held[]
  readonly nodes: readonly NodeShape[]
  readonly wants: readonly Pick<Want, 'kind' | 'pool' | 'gpus'>[]
  readonly bookings: Bookings
  readonly now: Date
}

/** The longest notice of those that give way to the owner's work. */
function noticeMs({ on_demand, spot, flex }: ReclaimPolicy): number {
  const reachable = [on_demand, spot, flex].filter(({ by }) => by.includes('anchor'))
  return Math.max(0, ...reachable.map((terms) => terms.noticeMs))
}

async function listSpans(
  tx: Db,
  { held, nodes, now }: Book,
): Promise<ReadonlyMap<string | undefined, readonly DemandSpan[]>> {
  const poolOf = new Map(nodes.map(({ id, pool }) => [id, pool]))
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

/** What may be sold of each pool, where the owner waits for so much in its engine. */
function surplusOf(
  tx: Db,
  { held, nodes, wants, now }: Book,
  pending: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, PoolSurplus>> {
  const waiting = new Map(pending)
  for (const { kind, pool, gpus } of wants)
    if (kind === 'anchor') waiting.set(pool, (waiting.get(pool) ?? 0) + gpus)
  return readSurplus(tx, now, { nodes, claims: held, waiting })
}

interface ToSell {
  readonly surplus: PoolSurplus | undefined
  readonly sold: ReadonlyMap<string, readonly Sold[]>
  readonly bookings: Bookings
}

function saleOf(pool: string, { surplus, sold, bookings }: ToSell): Sale {
  const { tiers = [], fallback = 'outdated' } = surplus ?? {}
  return {
    tiers,
    sold: [...(sold.get(pool) ?? []), ...(bookings.idle.get(pool) ?? [])],
    isForecast: fallback === null,
  }
}

/** What may be sold of one pool, and what is; the book may be of that pool alone. */
export async function readSale(tx: Db, pool: string, book: Book): Promise<Sale> {
  const pending = new Map([[pool, await pendingIn(tx, pool, book.now)]])
  const surplus = (await surplusOf(tx, book, pending)).get(pool)
  return saleOf(pool, { surplus, sold: await listSold(tx, book.now), bookings: book.bookings })
}

/** The policy of each pool, with the demand on it, and what may be sold. */
export async function foreseePools(
  tx: Db,
  pools: readonly { readonly name: string; readonly reclaim: ReclaimPolicy }[],
  book: Book,
): Promise<readonly SnapshotPool[]> {
  const spans = await listSpans(tx, book)
  const window = { nowMs: book.now.getTime(), stepMs: DEMAND_STEP_MS, steps: DEMAND_STEPS }
  const pending = new Map<string, number>()
  for (const { name } of pools) pending.set(name, await pendingIn(tx, name, book.now))
  const surplus = await surplusOf(tx, book, pending)
  const sold = await listSold(tx, book.now)
  return pools.map(({ name, reclaim }) => {
    const foreseen = foreseenPeaks(surplus.get(name)?.live)
    const soonMs = noticeMs(reclaim) + SHRINK_AHEAD_MS
    return {
      name,
      evictionBatch: reclaim.evictionBatch,
      anchorHeadroom: reclaim.anchorHeadroom,
      demand: {
        samples: sampleDemand(spans.get(name) ?? [], window),
        pendingSlots: pending.get(name) ?? 0,
        soonMs,
        laterMs: soonMs + RISK_AHEAD_MS,
        ...(foreseen ? { foreseen } : {}),
      },
      sale: saleOf(name, { surplus: surplus.get(name), sold, bookings: book.bookings }),
      booked: book.bookings.booked.get(name) ?? [],
    }
  })
}
