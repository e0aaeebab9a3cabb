/** The rooms of one fabric, for a gang that runs on nothing wider. What is taken in it is taken from the whole floor. */
import { Floor, type Room } from './floor.ts'
import type { Want } from './snapshot.ts'
import type { Victim } from './victims.ts'

class FabricFloor extends Floor {
  readonly #whole: Floor
  readonly #fabric: string

  constructor(whole: Floor, fabric: string) {
    super([], whole.batch)
    this.#whole = whole
    this.#fabric = fabric
    for (const [id, room] of whole.rooms) if (this.#has(room)) this.rooms.set(id, room)
    for (const room of whole.draining) if (this.#has(room)) this.draining.add(room)
  }

  #has(room: Room): boolean {
    return room.node.fabric === this.#fabric
  }

  override *withFree(slots: number): Generator<Room> {
    for (const room of this.#whole.withFree(slots)) if (this.#has(room)) yield room
  }

  override take(room: Room, count: number): readonly number[] {
    return this.#whole.take(room, count)
  }

  override evict(victim: Victim, forLeaseId: string, needed: ReadonlySet<Room>): void {
    this.#whole.evict(victim, forLeaseId, needed)
  }

  override promise(victim: Victim): void {
    this.#whole.promise(victim)
  }
}

/** Where a want may go: the whole floor, or each fabric that has nodes enough, one after the other. */
export function floorsFor(want: Want, floor: Floor): readonly Floor[] {
  if (want.isOneFabric !== true || want.nodes === 1) return [floor]
  const byFabric = Map.groupBy(floor.rooms.values(), (room) => room.node.fabric)
  return [...byFabric].flatMap(([fabric, rooms]) =>
    fabric === null || rooms.length < want.nodes ? [] : [new FabricFloor(floor, fabric)],
  )
}
