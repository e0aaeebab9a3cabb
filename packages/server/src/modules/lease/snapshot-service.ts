/** Takes the snapshot that the market decides on: the book and the orders at one instant of the database. */
import type { ReclaimTerms } from '@spillway/contract'
import type { Money } from '#kernel/money.ts'
import { type Claim, listOpenClaims } from '#modules/book/index.ts'
import {
  listFaults,
  listNodeShapes,
  listPools,
  listUnreachable,
  type SlotFault,
} from '#modules/fleet/index.ts'
import { getGpuPrice, type Holder, type Snapshot, type Want } from '#modules/market/index.ts'
import type { Database, Db } from '#platform/db/database.ts'
import { foreseePools } from './demand-service.ts'
import { isSoldByHour, type Lease } from './lease.ts'
import { listStandings, type Standing } from './standing-store.ts'
import * as store from './store.ts'
import { isCapReached } from './terms.ts'

function toHolder(
  claim: Claim,
  { leases, now }: { readonly leases: ReadonlyMap<string, Standing>; readonly now: Date },
): Holder {
  const lease = claim.leaseId === null ? undefined : leases.get(claim.leaseId)
  return {
    leaseId: claim.leaseId,
    kind: claim.kind,
    nodeId: claim.nodeId,
    slots: claim.slots,
    startedMs: lease?.startedAt?.getTime() ?? null,
    priceUsd: lease?.priceUsd ?? null,
    isDraining: claim.drainingFrom !== null,
    reclaimFor: lease?.reclaimFor ?? null,
    checkpointMs: lease?.checkpointAt?.getTime() ?? null,
    isTakenBack: lease?.isTakenBack ?? false,
    ...(lease?.terms ? { terms: holderTerms(lease, lease.terms, now) } : {}),
  }
}

function holderTerms(lease: Standing, { by, minimumRunMs }: ReclaimTerms, now: Date) {
  return { by, minimumRunMs, isCapReached: isCapReached(lease, now) }
}

/** Broken slots that nobody claims yet: they are not sold in the moment before they are held. */
function brokenSlots(faults: readonly SlotFault[], claims: readonly Claim[]): Holder[] {
  if (faults.length === 0) return []
  const taken = new Set(
    claims.flatMap(({ nodeId, slots }) => slots.map((slot) => `${nodeId}/${slot}`)),
  )
  return faults
    .filter(({ nodeId, slot }) => !taken.has(`${nodeId}/${slot}`))
    .map(({ nodeId, slot }) => ({
      ...{ leaseId: null, kind: 'faulty', nodeId, slots: [slot], startedMs: null, priceUsd: null },
      ...{ isDraining: false, reclaimFor: null },
    }))
}

/** Asks each price once, however many want at it. */
function pricesAt(db: Db, at: Date): (lease: Lease) => Promise<Money | null> {
  const known = new Map<string, Money>()
  return async ({ kind, pool }) => {
    if (!isSoldByHour(kind)) return null
    const key = `${pool} ${kind}`
    const amount = known.get(key) ?? (await getGpuPrice(db, { pool, tier: kind, at })).price.amount
    known.set(key, amount)
    return amount
  }
}

function toWant(lease: Lease, priceUsd: Money | null): Want {
  return {
    leaseId: lease.id,
    kind: lease.kind,
    pool: lease.pool,
    gpus: lease.gpus,
    nodes: lease.nodes,
    isOneFabric: lease.fabric === 'same',
    createdMs: lease.createdAt.getTime(),
    isFirm: lease.kind === 'on_demand' && !lease.terms?.by.includes('anchor'),
    maxPriceUsd: lease.maxPriceUsd,
    priceUsd,
    waitsFor: lease.waitingFor,
  }
}

/** The book, the orders and the policies at one instant of the database. */
export async function takeSnapshot(database: Database, now: Date): Promise<Snapshot> {
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const claims = await listOpenClaims(tx)
      const silent = await listUnreachable(tx)
      const faults = await listFaults(tx)
      const leases = await listStandings(tx)
      const nodes = await listNodeShapes(tx)
      const poolOf = new Map(nodes.map(({ id, pool }) => [id, pool]))
      const priceOf = pricesAt(tx, now)
      const wants: Want[] = []
      for (const lease of await store.listPendingLeases(tx))
        if ((lease.retryAt ?? now) <= now) wants.push(toWant(lease, await priceOf(lease)))
      return {
        nowMs: now.getTime(),
        pools: await foreseePools(tx, await listPools(tx), { claims, poolOf, now }),
        nodes: nodes.map((node) => ({
          ...node,
          // A pool whose engine is silent could not start anything.
          isReady: node.isReady && !silent.has(node.pool),
        })),
        holders: [
          ...claims.map((claim) => toHolder(claim, { leases, now })),
          ...brokenSlots(faults, claims),
        ],
        wants,
      }
    })
}
