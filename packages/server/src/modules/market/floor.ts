/**
 * The nodes of a pool while a plan is made: what is free, what drains, who could be taken back, and which leases are
 * typical. Deterministic.
 */
import { type Batch, makeBatch } from './batch.ts'
import { HoleOrder } from './placement/hole-order.ts'
import { type Room, RoomIndex } from './room.ts'
import type { Holder, Snapshot, SnapshotNode, Want } from './snapshot.ts'
import { SaleRoom } from './surplus/sale-room.ts'
import { type Victim, victimsOf } from './victims.ts'

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
  /** What may be sold as spot; null: all that is free. */
  sale: SaleRoom | null = null
  /** How much may still be taken back now. */
  readonly batch: Batch
  readonly #index = new RoomIndex()
  /** Leases by the slots that they have or want on a node. */
  readonly #sizes = new Map<number, number>()
  #holes: HoleOrder | null = null
  #fabrics: ReadonlyMap<string | null, readonly Room[]> | null = null

  constructor(nodes: readonly SnapshotNode[], batch: Batch) {
    this.batch = batch
    for (const node of nodes) {
      if (!node.isReady) continue
      const free = new Set<number>()
      for (let slot = 0; slot < node.slotCount; slot++) free.add(slot)
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

  /** Counts a lease, placed or waiting, by what it takes on each of its nodes. */
  countLease(slots: number, nodes: number): void {
    this.#sizes.set(slots, (this.#sizes.get(slots) ?? 0) + nodes)
  }

  /** Called once, when everybody who holds something is entered. */
  sort(): void {
    for (const room of this.rooms.values()) this.#index.add(room)
  }

  /** Numbers of free slots that will do, in the order in which rooms that have so many are taken. */
  holesFor(slots: number): readonly number[] {
    this.#holes ??= new HoleOrder(this.#sizes, this.#index.tally())
    return this.#holes.for(slots)
  }

  /** Rooms with at least so many free slots, those first whose rest is of most use afterwards. */
  *withFree(slots: number): Generator<Room> {
    for (const free of this.holesFor(slots)) yield* this.#index.withFree(free)
  }

  /** The same, of one fabric. */
  *withFreeOn(fabric: string, slots: number): Generator<Room> {
    for (const free of this.holesFor(slots)) yield* this.#index.withFreeOn(fabric, free)
  }

  /** The room for one node's work: as `withFree`, and where large gangs miss it least. */
  bestWithFree(slots: number): Room | null {
    for (const free of this.holesFor(slots)) {
      const room = this.#index.leastMissed(free)
      if (room) return room
    }
    return null
  }

  /** All rooms, by fabric. */
  fabrics(): ReadonlyMap<string | null, readonly Room[]> {
    return (this.#fabrics ??= Map.groupBy(this.rooms.values(), (room) => room.node.fabric))
  }

  /** How many rooms of a fabric have at least so many free slots. */
  countOn(fabric: string, slots: number): number {
    return this.#index.countOn(fabric, slots)
  }

  freeTotal(): number {
    let total = 0
    for (const [free, rooms] of this.#index.tally()) total += free * rooms
    return total
  }

  freeMax(): number {
    let most = 0
    for (const [free, rooms] of this.#index.tally()) if (rooms > 0) most = Math.max(most, free)
    return most
  }

  /** Takes the lowest free slots out of a room; fewer when there are not so many. */
  take(room: Room, count: number): readonly number[] {
    const slots = [...room.free].sort((a, b) => a - b).slice(0, count)
    if (slots.length === 0) return slots
    this.#index.remove(room)
    for (const slot of slots) room.free.delete(slot)
    this.#index.add(room)
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
}

/** Slots of a room that drain for this want, or for nobody in particular. */
export function drainingFor(room: Room, want: Want): readonly number[] {
  return [...room.draining]
    .filter(([, forLease]) => forLease === want.leaseId || forLease === null)
    .map(([slot]) => slot)
}

interface Floors {
  readonly byPool: ReadonlyMap<string, Floor>
  readonly ofNode: (nodeId: string) => Floor | undefined
}

function emptyFloors({ nodes, pools }: Snapshot): Floors {
  const poolOf = new Map(nodes.map((node) => [node.id, node.pool]))
  const byPool = new Map(
    [...Map.groupBy(nodes, (node) => node.pool)].map(([pool, own]) => {
      const settings = pools?.find(({ name }) => name === pool)
      const floor = new Floor(own, makeBatch(settings?.evictionBatch, own))
      if (settings?.sale) floor.sale = new SaleRoom(settings.sale)
      return [pool, floor]
    }),
  )
  return { byPool, ofNode: (nodeId) => byPool.get(poolOf.get(nodeId) ?? '') }
}

function bareFloors(snapshot: Snapshot): Floors {
  const floors = emptyFloors(snapshot)
  const waiting = new Set(snapshot.wants.map((want) => want.leaseId))
  for (const holder of snapshot.holders) {
    const { leaseId, isDraining, isTakenBack, nodeId, slots } = holder
    const floor = floors.ofNode(nodeId)
    floor?.hold(holder, waiting)
    if (leaseId === null) continue
    floor?.countLease(slots.length, 1)
    if (isDraining && isTakenBack) floor?.batch.count(leaseId, slots.length)
  }
  for (const { pool, gpus, nodes } of snapshot.wants)
    floors.byPool.get(pool)?.countLease(gpus / nodes, nodes)
  for (const floor of floors.byPool.values()) floor.sort()
  return floors
}

/** A floor for each pool, with what is taken but nobody who could be taken back. */
export function makeBareFloors(snapshot: Snapshot): ReadonlyMap<string, Floor> {
  return bareFloors(snapshot).byPool
}

/** A floor for each pool. */
export function makeFloors(snapshot: Snapshot): ReadonlyMap<string, Floor> {
  const floors = bareFloors(snapshot)
  for (const victim of victimsOf(snapshot.holders)) {
    const [nodeId = ''] = victim.slotsByNode.keys()
    floors.ofNode(nodeId)?.addVictim(victim)
  }
  return floors.byPool
}
