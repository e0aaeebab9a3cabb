/**
 * The nodes of a pool while a plan is made: what is free, what drains, who could be taken back. Keeps the rooms by
 * how much is free in them, so that finding one does not mean looking at all. Deterministic.
 */
import { type Batch, makeBatch } from './batch.ts'
import type { Holder, Snapshot, SnapshotNode, Want } from './snapshot.ts'
import { type Victim, victimsOf } from './victims.ts'

/** One node while the plan is made. */
export interface Room {
  readonly node: SnapshotNode
  readonly free: Set<number>
  /** Slots that will be free, with the lease they are freed for. */
  readonly draining: Map<number, string | null>
  readonly victims: Set<Victim>
}

/** What a pool keeps for the owner's work while a plan is made. */
export interface Keeping {
  /** Slots that are never sold to what cannot be taken back. */
  readonly headroom: number
  /** Slots that shall be free for the owner's work now; zero without a forecast. */
  readonly soonSlots: number
  /** The same for a longer stretch: who would go for them is at risk. */
  readonly laterSlots: number
}

export const KEEPS_NOTHING: Keeping = { headroom: 0, soonSlots: 0, laterSlots: 0 }

export class Floor {
  /** Every node that new work may be placed on. */
  readonly rooms = new Map<string, Room>()
  readonly draining = new Set<Room>()
  /** Those who go in a later batch. */
  readonly promised = new Set<Victim>()
  keeping = KEEPS_NOTHING
  /** How much may still be taken back now. */
  readonly batch: Batch
  readonly #byFree: Set<Room>[] = []

  constructor(nodes: readonly SnapshotNode[], batch: Batch) {
    this.batch = batch
    for (const node of nodes) {
      if (!node.isReady) continue
      const free = new Set(Array.from({ length: node.slotCount }, (_, slot) => slot))
      this.rooms.set(node.id, { node, free, draining: new Map(), victims: new Set() })
    }
  }

  hold(holder: Holder, waiting: ReadonlySet<string>): void {
    const room = this.rooms.get(holder.nodeId)
    if (!room) return
    for (const slot of holder.slots) {
      room.free.delete(slot)
      // What drains for a lease that does not wait any more is anybody's.
      if (holder.isDraining)
        room.draining.set(slot, waiting.has(holder.reclaimFor ?? '') ? holder.reclaimFor : null)
    }
    if (room.draining.size > 0) this.draining.add(room)
  }

  addVictim(victim: Victim): void {
    for (const nodeId of victim.slotsByNode.keys()) this.rooms.get(nodeId)?.victims.add(victim)
  }

  /** Called once, when everybody who holds something is entered. */
  sort(): void {
    for (const room of this.rooms.values()) this.#bucket(room.free.size).add(room)
  }

  /** Rooms with at least so many free slots, the fullest first: big gaps stay whole for big gangs. */
  *withFree(slots: number): Generator<Room> {
    for (let free = slots; free < this.#byFree.length; free++) yield* this.#byFree[free] ?? []
  }

  freeTotal(): number {
    return this.#byFree.reduce((sum, rooms, free) => sum + free * (rooms?.size ?? 0), 0)
  }

  freeMax(): number {
    for (let free = this.#byFree.length - 1; free > 0; free--)
      if ((this.#byFree[free]?.size ?? 0) > 0) return free
    return 0
  }

  /** Takes the lowest free slots out of a room; fewer when there are not so many. */
  take(room: Room, count: number): readonly number[] {
    const slots = [...room.free].sort((a, b) => a - b).slice(0, count)
    if (slots.length === 0) return slots
    this.#bucket(room.free.size).delete(room)
    for (const slot of slots) room.free.delete(slot)
    this.#bucket(room.free.size).add(room)
    return slots
  }

  /** The victim goes: its slots drain, here for the lease that needs them and elsewhere for anybody. */
  evict(victim: Victim, forLeaseId: string, needed: ReadonlySet<Room>): void {
    for (const [nodeId, slots] of victim.slotsByNode) {
      const room = this.rooms.get(nodeId)
      if (!room) continue
      room.victims.delete(victim)
      for (const slot of slots) room.draining.set(slot, needed.has(room) ? forLeaseId : null)
      this.draining.add(room)
    }
  }

  /** The victim will go in a later batch: it is promised, so that nobody else plans with its slots. */
  promise(victim: Victim): void {
    this.promised.add(victim)
    for (const nodeId of victim.slotsByNode.keys()) this.rooms.get(nodeId)?.victims.delete(victim)
  }

  #bucket(free: number): Set<Room> {
    return (this.#byFree[free] ??= new Set())
  }
}

/** Slots of a room that drain for this want, or for nobody in particular. */
export function drainingFor(room: Room, want: Want): readonly number[] {
  return [...room.draining]
    .filter(([, forLease]) => forLease === want.leaseId || forLease === null)
    .map(([slot]) => slot)
}

/** Which floor a node is on. */
function floorFinder(
  { nodes }: Snapshot,
  floors: ReadonlyMap<string, Floor>,
): (nodeId: string) => Floor | undefined {
  const poolOf = new Map(nodes.map((node) => [node.id, node.pool]))
  return (nodeId) => floors.get(poolOf.get(nodeId) ?? '')
}

/** A floor for each pool, with what is taken but nobody who could be taken back. */
export function makeBareFloors(snapshot: Snapshot): ReadonlyMap<string, Floor> {
  const byPool = Map.groupBy(snapshot.nodes, (node) => node.pool)
  const floors = new Map(
    [...byPool].map(([pool, nodes]) => {
      const settings = snapshot.pools?.find(({ name }) => name === pool)
      return [pool, new Floor(nodes, makeBatch(settings?.evictionBatch, nodes))]
    }),
  )
  const floorOf = floorFinder(snapshot, floors)
  const waiting = new Set(snapshot.wants.map((want) => want.leaseId))
  for (const holder of snapshot.holders) {
    const floor = floorOf(holder.nodeId)
    floor?.hold(holder, waiting)
    if (holder.leaseId !== null && holder.isDraining && holder.isTakenBack)
      floor?.batch.count(holder.leaseId, holder.slots.length)
  }
  for (const floor of floors.values()) floor.sort()
  return floors
}

/** A floor for each pool. */
export function makeFloors(snapshot: Snapshot): ReadonlyMap<string, Floor> {
  const floors = makeBareFloors(snapshot)
  const floorOf = floorFinder(snapshot, floors)
  for (const victim of victimsOf(snapshot.holders)) {
    const [nodeId = ''] = victim.slotsByNode.keys()
    floorOf(nodeId)?.addVictim(victim)
  }
  return floors
}
