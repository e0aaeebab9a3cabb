/** Who gives way: the published order, and the least paid work lost. Pure. */
import type { Money } from '#kernel/money.ts'
import { Heap } from './heap.ts'
import { HeldLease } from './held-lease.ts'
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

/** Whether the owner's work may have its slots, as its terms or else its kind say; protected for now or not. */
export function mayGoForAnchor({ kind, terms }: Victim): boolean {
  return terms?.by.includes('anchor') ?? GIVES_WAY_TO.anchor.slice(0, 3).includes(kind)
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

const NEVER: Protection = { kind: 'never' }
const MONTHLY_CAP: Protection = { kind: 'monthly_cap' }

/** What keeps a lease from giving way to a kind now; null when nothing does. */
export function protectionOf(
  { kind, startedMs, terms }: Victim,
  by: LeaseKind,
  nowMs: number,
): Protection | null {
  const mayTake = terms?.by ?? BY_KIND[kind] ?? []
  if (!mayTake.includes(by) || !GIVES_WAY_TO[by].includes(kind)) return NEVER
  if (terms === null) return null
  if (terms.isCapReached) return MONTHLY_CAP
  if (terms.minimumRunMs === 0) return null
  if (startedMs === null) return { kind: 'minimum_run', untilMs: null }
  const untilMs = startedMs + terms.minimumRunMs
  return nowMs < untilMs ? { kind: 'minimum_run', untilMs } : null
}

/** The leases among holders that are not going already. */
export function victimsOf(holders: readonly Holder[]): readonly HeldLease[] {
  const byLease = new Map<string, HeldLease>()
  for (const holder of holders) {
    const { leaseId } = holder
    if (leaseId === null || holder.isDraining) continue
    const known = byLease.get(leaseId)
    if (known) known.add(holder)
    else byLease.set(leaseId, new HeldLease(leaseId, holder))
  }
  return [...byLease.values()]
}

export function slotCountOf(victim: Victim): number {
  if (victim instanceof HeldLease) return victim.slotCount
  let count = 0
  for (const slots of victim.slotsByNode.values()) count += slots.length
  return count
}

/** Slots of a lease on one node. */
export function slotsOn(victim: Victim, nodeId: string): number {
  if (victim instanceof HeldLease) return victim.slotsOn(nodeId)
  return victim.slotsByNode.get(nodeId)?.length ?? 0
}

/** Slot-time since a lease's last checkpoint, or since its start where it reported none. */
export function slotMsLost(victim: Victim, nowMs: number): bigint {
  if (victim.startedMs === null) return 0n
  const savedMs = Math.max(victim.startedMs, victim.checkpointMs ?? victim.startedMs)
  return BigInt(slotCountOf(victim)) * BigInt(Math.max(0, nowMs - savedMs))
}

/** Paid work that is lost with a lease: its slot-time since the last checkpoint × price, in picos × ms. */
export function workLost(victim: Victim, nowMs: number): bigint {
  const work = () => slotMsLost(victim, nowMs) * (victim.priceUsd ?? 1n)
  return victim instanceof HeldLease ? victim.lostAt(nowMs, work) : work()
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

interface Ranked extends Loss {
  readonly rank: number
}

function rankedFor(victims: Iterable<Victim>, by: LeaseKind, nowMs: number): Ranked[] {
  const order = GIVES_WAY_TO[by]
  return Array.from(victims, (victim) => ({
    victim,
    rank: order.indexOf(victim.kind),
    lost: workLost(victim, nowMs),
  }))
}

/** Leases in the order in which they give way to a kind: by class, and within it the least paid work lost first. */
export function inOrderOfGivingWay(
  victims: Iterable<Victim>,
  by: LeaseKind,
  nowMs: number,
): readonly Victim[] {
  return rankedFor(victims, by, nowMs)
    .toSorted((a, b) => a.rank - b.rank || compareLoss(a, b))
    .map(({ victim }) => victim)
}

/** The same one by one, for who needs only the first of many: a class is put in order when it is reached. */
export function* givingWay(
  victims: Iterable<Victim>,
  by: LeaseKind,
  nowMs: number,
): Generator<Victim> {
  const order = GIVES_WAY_TO[by]
  const classes = Map.groupBy(victims, ({ kind }) => order.indexOf(kind))
  for (const rank of [...classes.keys()].toSorted((a, b) => a - b)) {
    const heap = new Heap(rankedFor(classes.get(rank) ?? [], by, nowMs), compareLoss)
    for (let next = heap.pop(); next; next = heap.pop()) yield next.victim
  }
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
  const able: { readonly victim: Victim; readonly slots: number }[] = []
  let reach = 0
  for (const victim of candidates) {
    const slots = slotsOn(victim, need.nodeId)
    if (slots === 0 || protectionOf(victim, need.by, need.nowMs) !== null) continue
    able.push({ victim, slots })
    reach += slots
  }
  if (reach < need.slots) return null
  const rated = able
    .map(({ victim, slots }) => ({
      ...{ victim, slots, rank: order.indexOf(victim.kind), lost: workLost(victim, need.nowMs) },
    }))
    .sort((a, b) => a.rank - b.rank || compareLoss(a, b))
  const chosen: typeof rated = []
  let freed = 0
  for (const each of rated) {
    if (freed >= need.slots) break
    chosen.push(each)
    freed += each.slots
  }
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
