/** One node while a plan is made, and where it stands among the others: by how much it has free, fabric by fabric. */
import type { SnapshotNode } from './snapshot.ts'
import type { Victim } from './victims.ts'

export interface Room {
  readonly node: SnapshotNode
  readonly free: Set<number>
  /** Slots that will be free, with the lease they are freed for. */
  readonly draining: Map<number, string | null>
  readonly victims: Set<Victim>
}

type Fabric = string | null

/** Rooms by the number of their free slots; finding one does not mean looking at all. */
export class RoomIndex {
  readonly #byFree: Map<Fabric, Set<Room>>[] = []
  /** By fabric, how many rooms have at least so many free. */
  readonly #atLeast = new Map<Fabric, number[]>()

  add(room: Room): void {
    this.#shelfOf(room).add(room)
    this.#count(room, 1)
  }

  /** Called before its free slots change. */
  remove(room: Room): void {
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
    while (this.#byFree.length <= free.size) this.#byFree.push(new Map())
    const shelves = this.#byFree[free.size] ?? new Map<Fabric, Set<Room>>()
    const known = shelves.get(fabric)
    if (known) return known
    const shelf = new Set<Room>()
    shelves.set(fabric, shelf)
    return shelf
  }

  #count({ free, node: { fabric } }: Room, change: number): void {
    const counts = this.#atLeast.get(fabric) ?? []
    this.#atLeast.set(fabric, counts)
    for (let slots = 0; slots <= free.size; slots++) counts[slots] = (counts[slots] ?? 0) + change
  }
}
