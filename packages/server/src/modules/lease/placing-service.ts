/**
 * Places what the market decided: the price that a lease starts at, the money that is held for it, its claims, its facts
 * and its wake, of one lease or of many by sets. All of them are placed or none; who goes by himself is the cycle's choice.
 */
import type { IdSource } from '#kernel/ids.ts'
import { openLeaseClaims, takeFromBlock } from '#modules/book/index.ts'
import { isAnyClosed, nodeNames } from '#modules/fleet/index.ts'
import type { Decision } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { isBookedOtherwise } from './booked-check-service.ts'
import { fundStarts } from './funding-service.ts'
import { type Lease, renderPlacements } from './lease.ts'
import { noteWaiting, takePlaces } from './placing-store.ts'
import { splitByQuota } from './quota-service.ts'
import { endWaiting } from './reclaim.ts'
import { recordFacts, wakeLeases } from './record.ts'
import { isOversold } from './sale-check-service.ts'
import { startPrices } from './start-price-service.ts'
import { lockLeases } from './store.ts'

export type Placement = Extract<Decision, { kind: 'place' }>

/** A decision that no longer holds: nothing of it is kept. */
export class Outdated extends Error {}

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

interface Start extends Placement {
  readonly lease: Lease
  readonly price: Awaited<ReturnType<ReturnType<typeof startPrices>>>
}

/** Those that still wait, each with the price that it starts at; none for what is not sold. */
async function agreeStarts(
  tx: Db,
  placements: readonly Placement[],
  now: Date,
): Promise<readonly Start[]> {
  const locked = await lockLeases(
    tx,
    placements.map(({ leaseId }) => leaseId),
  )
  const priceOf = startPrices(tx, now)
  const starts: Start[] = []
  for (const placement of placements) {
    const lease = locked.get(placement.leaseId)
    if (lease?.state !== 'pending') continue
    const price = await priceOf(lease)
    if (price && lease.maxPriceUsd !== null && lease.maxPriceUsd < price.price.amount)
      throw new Outdated()
    starts.push({ ...placement, lease, price })
  }
  return starts
}

async function recordPlacements(tx: Db, starts: readonly Start[], now: Date): Promise<void> {
  const nodeIds = starts.flatMap(({ placements }) => placements.map(({ nodeId }) => nodeId))
  const names = await nodeNames(tx, nodeIds)
  const facts = starts.map(({ lease, placements }) => {
    const where = placements.map(({ nodeId, slots }) => ({
      node: names.get(nodeId) ?? nodeId,
      slots,
    }))
    return {
      lease: { ...lease, attempt: lease.attempt + 1 },
      ...{ at: now, type: 'lease.placed', text: `Placed on ${renderPlacements(where)}.` },
      data: { placements: where },
    }
  })
  await recordFacts(tx, facts)
}

/** Claims the slots. Fails with `claim_no_double_sale` where one is taken, and as outdated where a node takes no work any more. */
async function claimSlots(tx: Db, starts: readonly Start[], context: Context): Promise<void> {
  const others = starts.filter(({ lease }) => lease.blockId === null)
  const claims = others.flatMap(({ lease, placements }) => {
    const { id: leaseId, kind, organizationId } = lease
    return placements.map((place) => ({ ...place, leaseId, kind, organizationId }))
  })
  if (claims.length > 0) await openLeaseClaims(tx, claims, context)
  for (const { lease, placements } of starts) {
    const { id: leaseId, blockId, organizationId } = lease
    if (blockId === null) continue
    const taking = { blockId, organizationId, leaseId, ...context }
    if (!(await takeFromBlock(tx, placements, taking))) throw new Outdated()
  }
  if (
    await isBookedOtherwise(
      tx,
      others.map(({ lease }) => lease),
      context.now,
    )
  )
    throw new Outdated()
  const nodeIds = starts.flatMap(({ placements }) => placements.map(({ nodeId }) => nodeId))
  if (await isAnyClosed(tx, nodeIds)) throw new Outdated()
  const leases = starts.map(({ lease }) => lease)
  if (await isOversold(tx, leases, context.now)) throw new Outdated()
}

/** A quota may have been lowered since: what it does not allow waits. Among others that is outdated for all. */
async function withinQuota(tx: Db, starts: readonly Start[], now: Date): Promise<readonly Start[]> {
  const leases = starts.map(({ lease }) => lease)
  const { excess } = await splitByQuota(tx, leases, { now, isTurn: true })
  if (excess.size === 0) return starts
  if (starts.length > 1) throw new Outdated()
  await noteWaiting(
    tx,
    [...excess].map(([leaseId, why]) => ({ leaseId, why })),
  )
  return []
}

/** Places all of them. Where the money of one does not suffice, it ends; among others that is outdated for all. */
export async function placeLeases(
  tx: Db,
  placements: readonly Placement[],
  context: Context,
): Promise<void> {
  const { now } = context
  const starts = await withinQuota(tx, await agreeStarts(tx, placements, now), now)
  const [first] = starts
  if (first === undefined) return
  const funded = starts.flatMap(({ lease, price }) =>
    price === null ? [] : [{ lease, priceUsd: price.price.amount }],
  )
  if (!(await fundStarts(tx, funded, now))) {
    // What one gives back may pay for the next, so that each has to be seen by itself.
    if (starts.length > 1) throw new Outdated()
    return endWaiting(tx, first.lease, { reason: 'balance_exhausted', now })
  }
  await claimSlots(tx, starts, context)
  const taken = starts.map((start) => ({
    ...{ id: start.leaseId, state: 'starting' as const, attempt: start.lease.attempt + 1 },
    ...{ placedAt: now, startedAt: null, placements: start.placements },
    ...{ priceId: start.price?.id ?? null, priceUsd: start.price?.price.amount ?? null },
  }))
  await takePlaces(tx, taken)
  await recordPlacements(tx, starts, now)
  const ids = starts.map(({ leaseId }) => leaseId)
  await wakeLeases(tx, ids, now)
}
