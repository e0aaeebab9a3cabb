/** One node while a plan is made, and where it stands among the others: by how much it has free, fabric by fabric. */
import type { HeldLease } from './held-lease.ts'
import type { SnapshotNode } from './snapshot.ts'
import { slotsOn, type Victim } from './victims.ts'

const BITS = 32
const NONE: readonly number[] = []
const NOBODY: readonly HeldLease[] = []
const NOTHING: ReadonlyMap<number, string | null> = new Map()

export class Room {
  readonly node: SnapshotNode
  /** Free slots, the lowest first; known once all holders are entered. */
  free: readonly number[] = NONE
  #victims: HeldLease[] | null = null
  #reach = 0
  /** Held slots: the first of them as bits of a number. */
  #heldBits = 0
  #heldBeyond: Set<number> | null = null
  #draining: Map<number, string | null> | null = null

  constructor(node: SnapshotNode) {
    this.node = node
  }

  /** Slots that will be free, with the lease they are freed for. */
  get draining(): ReadonlyMap<number, string | null> {
    return this.#draining ?? NOTHING
  }

  /** Those who could be taken back. */
  get victims(): readonly HeldLease[] {
    return this.#victims ?? NOBODY
  }

  /** Enters slots of a lease; called again where it has more of them. */
  addVictim(victim: HeldLease, slots: number): void {
    if (victim.kind !== 'anchor') this.#reach += slots
    if (this.#victims === null) this.#victims = [victim]
    else if (!this.#victims.includes(victim)) this.#victims.push(victim)
  }

  removeVictim(victim: Victim): void {
    if (!this.victims.some((each) => each === victim)) return
    this.#victims = this.victims.filter((each) => each !== victim)
    if (victim.kind !== 'anchor') this.#reach -= slotsOn(victim, this.node.id)
  }

  /** No more slots could be freed here, whoever goes: the owner's work never does. */
  get reach(): number {
    return this.#reach
  }

  hold(slots: readonly number[]): void {
    for (const slot of slots)
      if (slot < BITS) this.#heldBits |= 1 << slot
      else (this.#heldBeyond ??= new Set()).add(slot)
  }

  drain(slot: number, forLeaseId: string | null): void {
    ;(this.#draining ??= new Map()).set(slot, forLeaseId)
  }

  undrain(slot: number): void {
    this.#draining?.delete(slot)
  }

  /** What nobody holds is free. */
  settle(): void {
    const { slotCount } = this.node
    const isHeld = (slot: number) =>
      slot < BITS ? (this.#heldBits & (1 << slot)) !== 0 : (this.#heldBeyond?.has(slot) ?? false)
    const free: number[] = []
    for (let slot = 0; slot < slotCount; slot++) if (!isHeld(slot)) free.push(slot)
    this.free = free.length === 0 ? NONE : free
  }

  /** Takes the lowest free slots; fewer where there are not so many. */
  take(count: number): readonly number[] {
    const taken = this.free.slice(0, count)
    this.free = this.free.slice(count)
    return taken
  }
}

type Fabric = string | null

/** Rooms by the number of their free slots; finding one does not mean looking at all. */
export class RoomIndex {
  readonly #byFree: Map<Fabric, Set<Room>>[] = []
  /** By fabric, how many rooms have at least so many free. */
  readonly #atLeast = new Map<Fabric, number[]>()

  /** A full room is on no shelf: nothing is looked for there. */
  add(room: Room): void {
    if (room.free.length === 0) return
    this.#shelfOf(room).add(room)
    this.#count(room, 1)
  }

  /** Called before its free slots change. */
  remove(room: Room): void {
    if (room.free.length === 0) return
    this.#shelfOf(room).delete(room)
    this.#count(room, -1)
  }

  /** Rooms with exactly so many free slots, fabric by fabric in order of name; of one fabric, the longest so first. */
  *withFree(slots: number): Generator<Room> {
    const shelves = [...(this.#byFree[slots] ?? [])]
    shelves.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
    for (const [, rooms] of shelves) yield* rooms
  }

  /** The same, of one fabric. */
  withFreeOn(fabric: Fabric, slots: number): Iterable<Room> {
    return this.#byFree[slots]?.get(fabric) ?? []
  }

  /**
   * A room with exactly so many free slots, of the fabric on which fewest others have as many: large gangs keep the
   * fabrics that are still whole. A node of no fabric goes before all; of equals the
   * first by name.
   */
  leastMissed(slots: number): Room | null {
    let [best, missed]: [Room | null, number] = [null, Number.POSITIVE_INFINITY]
    for (const [fabric, rooms] of this.#byFree[slots] ?? []) {
      const others = fabric === null ? 0 : this.countOn(fabric, slots)
      if (others > missed) continue
      if (others === missed && (fabric ?? '') > (best?.node.fabric ?? '')) continue
      for (const room of rooms) {
        ;[best, missed] = [room, others]
        break
      }
    }
    return best
  }

  /** How many rooms of a fabric have at least so many free slots. */
  countOn(fabric: Fabric, slots: number): number {
    return this.#atLeast.get(fabric)?.[slots] ?? 0
  }

  /** How many rooms there are by the number of their free slots. */
  tally(): Map<number, number> {
    return new Map(
      this.#byFree.map((shelves, free) => {
        let rooms = 0
        for (const shelf of shelves?.values() ?? []) rooms += shelf.size
        return [free, rooms]
      }),
    )
  }

  #shelfOf({ free, node: { fabric } }: Room): Set<Room> {
    while (this.#byFree.length <= free.length) this.#byFree.push(new Map())
    const shelves = this.#byFree[free.length] ?? new Map<Fabric, Set<Room>>()
    const known = shelves.get(fabric)
    if (known) return known
    const shelf = new Set<Room>()
    shelves.set(fabric, shelf)
    return shelf
  }

  #count({ free, node: { fabric } }: Room, change: number): void {
    const counts = this.#atLeast.get(fabric) ?? []
    this.#atLeast.set(fabric, counts)
    for (let slots = 0; slots <= free.length; slots++) counts[slots] = (counts[slots] ?? 0) + change
  }
}
