/** Who gives way: the published order, and the least paid work lost. Pure. */
import type { Money } from '#kernel/money.ts'
import type { Holder, LeaseKind } from './snapshot.ts'

/**
 * Whom each kind may take slots from, first to give way first. Anchor work is in no list: it is never taken back for
 * anything sold. On-demand leases are taken back by contract only, which this version does not offer.
 */
export const GIVES_WAY_TO: Readonly<Record<LeaseKind, readonly string[]>> = {
  anchor: ['flex', 'spot', 'serving'],
  on_demand: ['flex', 'spot'],
  serving: ['flex'],
  spot: ['flex'],
  flex: [],
}

/** A lease that could be taken back, with all it has: a gang goes as a whole. */
export interface Victim {
  readonly leaseId: string
  readonly kind: string
  readonly startedMs: number | null
  readonly priceUsd: Money | null
  readonly slotsByNode: ReadonlyMap<string, readonly number[]>
}

/** The leases among holders that are not going already. */
export function victimsOf(holders: readonly Holder[]): readonly Victim[] {
  const byLease = new Map<string, Victim & { slotsByNode: Map<string, readonly number[]> }>()
  for (const holder of holders) {
    const { leaseId, kind, startedMs, priceUsd, nodeId, slots } = holder
    if (leaseId === null || holder.isDraining) continue
    const known = byLease.get(leaseId)
    if (known) known.slotsByNode.set(nodeId, [...(known.slotsByNode.get(nodeId) ?? []), ...slots])
    else {
      const slotsByNode = new Map([[nodeId, slots]])
      byLease.set(leaseId, { leaseId, kind, startedMs, priceUsd, slotsByNode })
    }
  }
  return [...byLease.values()]
}

function slotCountOf(victim: Victim): number {
  let count = 0
  for (const slots of victim.slotsByNode.values()) count += slots.length
  return count
}

/** Paid work that is lost with a lease: slots × time since its start × price, in picos × ms. */
export function workLost(victim: Victim, nowMs: number): bigint {
  if (victim.startedMs === null) return 0n
  const slotMs = BigInt(slotCountOf(victim)) * BigInt(Math.max(0, nowMs - victim.startedMs))
  return slotMs * (victim.priceUsd ?? 1n)
}

export interface VictimPlan {
  readonly victims: readonly Victim[]
  /** Ranks plans: lower gives less up. */
  readonly cost: readonly [kindRank: number, workLost: bigint]
}

interface Need {
  /** The node on which slots are needed. */
  readonly nodeId: string
  readonly slots: number
  readonly by: LeaseKind
  readonly nowMs: number
}

/** The victims that free what is needed on one node at the least cost; null when they cannot. */
export function chooseVictims(candidates: Iterable<Victim>, need: Need): VictimPlan | null {
  const order = GIVES_WAY_TO[need.by]
  const rated = [...candidates]
    .map((victim) => ({
      victim,
      rank: order.indexOf(victim.kind),
      lost: workLost(victim, need.nowMs),
      slots: victim.slotsByNode.get(need.nodeId)?.length ?? 0,
    }))
    .filter(({ rank, slots }) => rank >= 0 && slots > 0)
    .sort((a, b) => a.rank - b.rank || (a.lost < b.lost ? -1 : a.lost > b.lost ? 1 : 0))
  const chosen: typeof rated = []
  let freed = 0
  for (const each of rated) {
    if (freed >= need.slots) break
    chosen.push(each)
    freed += each.slots
  }
  if (freed < need.slots) return null
  const needed = spareWhoeverIsNotNeeded(chosen, freed - need.slots)
  return {
    victims: needed.map(({ victim }) => victim),
    cost: [
      Math.max(-1, ...needed.map(({ rank }) => rank)),
      needed.reduce((sum, { lost }) => sum + lost, 0n),
    ],
  }
}

/** Greedy choice may overshoot; the dearest that fit into the surplus are spared. */
function spareWhoeverIsNotNeeded<Rated extends { readonly slots: number }>(
  chosen: readonly Rated[],
  surplus: number,
): readonly Rated[] {
  let left = surplus
  return chosen
    .toReversed()
    .filter(({ slots }) => {
      if (slots > left) return true
      left -= slots
      return false
    })
    .toReversed()
}
