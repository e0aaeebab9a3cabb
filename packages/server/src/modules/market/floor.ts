/**
 * The nodes of a pool while a plan is made: what is free, what drains, who could be taken back, and which leases are
 * typical. Deterministic.
 */
import { type Batch, makeBatch } from './batch.ts'
import type { Booked } from './booked.ts'
import { HeldLease } from './held-lease.ts'
import { HoleOrder } from './placement/hole-order.ts'
import { Room, RoomIndex } from './room.ts'
import type { Holder, Snapshot, Want } from './snapshot.ts'
import { SaleRoom } from './surplus/sale-room.ts'
import { mayGoForAnchor, slotCountOf, type Victim } from './victims.ts'

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

const NO_ROOMS: ReadonlySet<Room> = new Set()

export class Floor {
  /** Those who go in a later batch. */
  readonly promised = new Set<Victim>()
  /** Slots that the owner's work could have if everybody went whom it may take them from. */
  freeableSlots = 0
  keeping = KEEPS_NOTHING
  /** What may be sold as spot; null: all that is free. */
  sale: SaleRoom | null = null
  /** What blocks are promised, and neither have nor have been set aside room for. */
  booked: readonly Booked[] = []
  /** How much may still be taken back now. */
  readonly batch: Batch
  readonly #rooms: readonly Room[]
  readonly #seats: ReadonlyMap<string, Room>
  readonly #draining = new Set<Room>()
  readonly #drainingByFabric = new Map<string | null, Set<Room>>()
  readonly #victims: HeldLease[] = []
  readonly #gone = new Set<Victim>()
  readonly #index = new RoomIndex()
  /** Leases by the slots that they have or want on a node. */
  readonly #sizes = new Map<number, number>()
  #freeTotal = 0
  #holes: HoleOrder | null = null
  #fabrics: ReadonlyMap<string | null, readonly Room[]> | null = null

  /** Rooms of nodes that are not ready are none of its own. Seats may be of other pools too. */
  constructor(rooms: readonly Room[], seats: ReadonlyMap<string, Room>, batch: Batch) {
    this.batch = batch
    this.#seats = seats
    this.#rooms = rooms.filter(({ node }) => node.isReady)
  }

  /** Every node that new work may be placed on. */
  get rooms(): readonly Room[] {
    return this.#rooms
  }

  /** That of a node, if it is one of them. */
  room(nodeId: string): Room | undefined {
    const room = this.#seats.get(nodeId)
    return room?.node.isReady && room.node.pool === this.#rooms[0]?.node.pool ? room : undefined
  }

  /** Those of them on which something drains. */
  get draining(): ReadonlySet<Room> {
    return this.#draining
  }

  drainingOn(fabric: string): ReadonlySet<Room> {
    return this.#drainingByFabric.get(fabric) ?? NO_ROOMS
  }

  /** Those who could be taken back. */
  *victims(): Generator<HeldLease> {
    for (const victim of this.#victims) if (!this.#gone.has(victim)) yield victim
  }

  /** Enters what somebody has in one of its rooms. */
  hold(room: Room, holder: Holder, waiting: ReadonlySet<string>): void {
    room.hold(holder.slots)
    if (!holder.isDraining || holder.slots.length === 0) return
    // What drains for a lease that does not wait any more is anybody's.
    const forLeaseId = waiting.has(holder.reclaimFor ?? '') ? holder.reclaimFor : null
    for (const slot of holder.slots) room.drain(slot, forLeaseId)
    this.#noteDraining(room)
  }

  /** Enters a lease that could be taken back, in one of its rooms. */
  seat(lease: HeldLease, room: Room, slots: number): void {
    room.addVictim(lease, slots)
    if (lease.isSeated) return
    lease.isSeated = true
    this.#victims.push(lease)
  }

  /** Counts a lease, placed or waiting, by what it takes on each of its nodes. */
  countLease(slots: number, nodes: number): void {
    this.#sizes.set(slots, (this.#sizes.get(slots) ?? 0) + nodes)
  }

  /** Called once, when everybody who holds something is entered. */
  sort(): void {
    for (const room of this.#rooms) {
      room.settle()
      this.#freeTotal += room.free.length
      this.#index.add(room)
    }
    for (const lease of this.#victims)
      if (mayGoForAnchor(lease)) this.freeableSlots += lease.slotCount
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
    return (this.#fabrics ??= Map.groupBy(this.#rooms, (room) => room.node.fabric))
  }

  /** How many rooms of a fabric have at least so many free slots. */
  countOn(fabric: string, slots: number): number {
    return this.#index.countOn(fabric, slots)
  }

  freeTotal(): number {
    return this.#freeTotal
  }

  freeMax(): number {
    let most = 0
    for (const [free, rooms] of this.#index.tally()) if (rooms > 0) most = Math.max(most, free)
    return most
  }

  /** Takes the lowest free slots out of a room; fewer when there are not so many. */
  take(room: Room, count: number): readonly number[] {
    if (room.free.length === 0 || count <= 0) return []
    this.#index.remove(room)
    const slots = room.take(count)
    this.#index.add(room)
    this.#freeTotal -= slots.length
    return slots
  }

  /** The victim goes: its slots drain, here for the lease that needs them and elsewhere for anybody. */
  evict(victim: Victim, forLeaseId: string, needed: ReadonlySet<Room>): void {
    this.#removeVictim(victim)
    for (const [nodeId, slots] of victim.slotsByNode) {
      const room = this.room(nodeId)
      if (!room || slots.length === 0) continue
      for (const slot of slots) room.drain(slot, needed.has(room) ? forLeaseId : null)
      this.#noteDraining(room)
    }
  }

  /** The victim will go in a later batch: it is promised, so that nobody else plans with its slots. */
  promise(victim: Victim): void {
    this.promised.add(victim)
    this.#removeVictim(victim)
  }

  #removeVictim(victim: Victim): void {
    if (this.#gone.has(victim)) return
    this.#gone.add(victim)
    for (const nodeId of victim.slotsByNode.keys()) this.room(nodeId)?.removeVictim(victim)
    if (mayGoForAnchor(victim)) this.freeableSlots -= slotCountOf(victim)
  }

  #noteDraining(room: Room): void {
    if (this.#draining.has(room)) return
    this.#draining.add(room)
    const { fabric } = room.node
    const known = this.#drainingByFabric.get(fabric)
    if (known) known.add(room)
    else this.#drainingByFabric.set(fabric, new Set([room]))
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
  /** By node, of all pools, also those that are not ready. */
  readonly seats: ReadonlyMap<string, Room>
}

function emptyFloors({ nodes, pools }: Snapshot): Floors {
  const seats = new Map<string, Room>()
  for (const node of nodes) seats.set(node.id, new Room(node))
  const byPool = new Map(
    [...Map.groupBy(seats.values(), ({ node }) => node.pool)].map(([pool, own]) => {
      const settings = pools?.find(({ name }) => name === pool)
      const batch = makeBatch(
        settings?.evictionBatch,
        own.map(({ node }) => node),
      )
      const floor = new Floor(own, seats, batch)
      if (settings?.sale) floor.sale = new SaleRoom(settings.sale)
      floor.booked = settings?.booked ?? []
      return [pool, floor]
    }),
  )
  return { byPool, seats }
}

/** The leases of a snapshot that could be taken back, as they come up. */
class Leases {
  readonly #byLease = new Map<string, HeldLease>()

  /** A lease is of the pool where it has its first slots. */
  add(leaseId: string, holder: Holder, at: { floor: Floor; room: Room } | null): void {
    let lease = this.#byLease.get(leaseId)
    if (lease) lease.add(holder)
    else {
      lease = new HeldLease(leaseId, holder, at?.floor ?? null)
      this.#byLease.set(leaseId, lease)
    }
    if (at?.room.node.isReady && lease.home === at.floor)
      at.floor.seat(lease, at.room, holder.slots.length)
  }
}

function floorsOf(snapshot: Snapshot, leases: Leases | null): ReadonlyMap<string, Floor> {
  const { byPool, seats } = emptyFloors(snapshot)
  const waiting = new Set(snapshot.wants.map((want) => want.leaseId))
  for (const holder of snapshot.holders) {
    const { leaseId, isDraining, isTakenBack, slots } = holder
    const room = seats.get(holder.nodeId)
    const floor = room && byPool.get(room.node.pool)
    if (room?.node.isReady) floor?.hold(room, holder, waiting)
    if (leaseId === null) continue
    floor?.countLease(slots.length, 1)
    if (!isDraining) leases?.add(leaseId, holder, floor && room ? { floor, room } : null)
    else if (isTakenBack) floor?.batch.count(leaseId, slots.length)
  }
  for (const { pool, gpus, nodes } of snapshot.wants)
    byPool.get(pool)?.countLease(gpus / nodes, nodes)
  for (const floor of byPool.values()) floor.sort()
  return byPool
}

/** A floor for each pool, with what is taken but nobody who could be taken back. */
export function makeBareFloors(snapshot: Snapshot): ReadonlyMap<string, Floor> {
  return floorsOf(snapshot, null)
}

/** A floor for each pool. */
export function makeFloors(snapshot: Snapshot): ReadonlyMap<string, Floor> {
  return floorsOf(snapshot, new Leases())
}
