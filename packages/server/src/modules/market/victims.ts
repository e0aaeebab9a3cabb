/** Who gives way: the published order, and the least paid work lost. Pure. */
import type { Money } from '#kernel/money.ts'
import type { Holder, HolderTerms, LeaseKind } from './snapshot.ts'

/**
 * Whom each kind may take slots from at all, first to give way first; the terms of a lease say whether it is one of
 * them. Anchor work is in no list: it is never taken back for anything sold.
 */
export const GIVES_WAY_TO: Readonly<Record<LeaseKind, readonly string[]>> = {
  anchor: ['flex', 'spot', 'serving', 'on_demand'],
  on_demand: ['flex', 'spot'],
  serving: ['flex', 'spot'],
  spot: ['flex'],
  flex: [],
}

/** To whom leases give way that have no terms of their own. */
const BY_KIND: Readonly<Record<string, readonly string[]>> = {
  flex: ['anchor', 'on_demand', 'serving', 'spot'],
  spot: ['anchor', 'on_demand'],
  serving: ['anchor'],
}

/** A lease that could be taken back, with all it has: a gang goes as a whole. */
export interface Victim {
  readonly leaseId: string
  readonly kind: string
  readonly startedMs: number | null
  readonly priceUsd: Money | null
  readonly terms: HolderTerms | null
  readonly checkpointMs: number | null
  readonly slotsByNode: ReadonlyMap<string, readonly number[]>
}

/** Why a lease does not give way now. */
export type Protection =
  | { readonly kind: 'never' }
  | { readonly kind: 'monthly_cap' }
  /** Null: until so long after it has started. */
  | { readonly kind: 'minimum_run'; readonly untilMs: number | null }

/** What keeps a lease from giving way to a kind now; null when nothing does. */
export function protectionOf(
  { kind, startedMs, terms }: Victim,
  by: LeaseKind,
  nowMs: number,
): Protection | null {
  const mayTake = terms?.by ?? BY_KIND[kind] ?? []
  if (!mayTake.includes(by) || !GIVES_WAY_TO[by].includes(kind)) return { kind: 'never' }
  if (terms === null) return null
  if (terms.isCapReached) return { kind: 'monthly_cap' }
  if (terms.minimumRunMs === 0) return null
  if (startedMs === null) return { kind: 'minimum_run', untilMs: null }
  const untilMs = startedMs + terms.minimumRunMs
  return nowMs < untilMs ? { kind: 'minimum_run', untilMs } : null
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
      const { terms = null, checkpointMs = null } = holder
      byLease.set(leaseId, {
        ...{ leaseId, kind, startedMs, priceUsd, terms, checkpointMs, slotsByNode },
      })
    }
  }
  return [...byLease.values()]
}

export function slotCountOf(victim: Victim): number {
  let count = 0
  for (const slots of victim.slotsByNode.values()) count += slots.length
  return count
}

/** Slot-time since a lease's last checkpoint, or since its start where it reported none. */
export function slotMsLost(victim: Victim, nowMs: number): bigint {
  if (victim.startedMs === null) return 0n
  const savedMs = Math.max(victim.startedMs, victim.checkpointMs ?? victim.startedMs)
  return BigInt(slotCountOf(victim)) * BigInt(Math.max(0, nowMs - savedMs))
}

/** Paid work that is lost with a lease: its slot-time since the last checkpoint × price, in picos × ms. */
export function workLost(victim: Victim, nowMs: number): bigint {
  return slotMsLost(victim, nowMs) * (victim.priceUsd ?? 1n)
}

interface Loss {
  readonly victim: Victim
  /** As `workLost` has it. */
  readonly lost: bigint
}

/** The least paid work lost first; of equals, always the same one. */
function compareLoss(a: Loss, b: Loss): number {
  if (a.lost !== b.lost) return a.lost < b.lost ? -1 : 1
  return a.victim.leaseId < b.victim.leaseId ? -1 : 1
}

/** Leases in the order in which they give way to a kind: by class, and within it the least paid work lost first. */
export function inOrderOfGivingWay(
  victims: Iterable<Victim>,
  by: LeaseKind,
  nowMs: number,
): readonly Victim[] {
  const order = GIVES_WAY_TO[by]
  return [...victims]
    .map((victim) => ({
      victim,
      rank: order.indexOf(victim.kind),
      lost: workLost(victim, nowMs),
    }))
    .toSorted((a, b) => a.rank - b.rank || compareLoss(a, b))
    .map(({ victim }) => victim)
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
    .filter(({ victim, slots }) => slots > 0 && protectionOf(victim, need.by, need.nowMs) === null)
    .sort((a, b) => a.rank - b.rank || compareLoss(a, b))
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
