/** The rooms of one fabric, for a gang that runs on nothing wider. What is taken in it is taken from the whole floor. */
import { Floor } from './floor.ts'
import type { Room } from './room.ts'
import type { Want } from './snapshot.ts'
import type { Victim } from './victims.ts'

class FabricFloor extends Floor {
  readonly #whole: Floor
  readonly #fabric: string

  constructor(whole: Floor, fabric: string, rooms: readonly Room[]) {
    super(rooms, new Map(), whole.batch)
    this.sale = whole.sale
    this.#whole = whole
    this.#fabric = fabric
  }

  override room(nodeId: string): Room | undefined {
    const room = this.#whole.room(nodeId)
    return room?.node.fabric === this.#fabric ? room : undefined
  }

  override get draining(): ReadonlySet<Room> {
    return this.#whole.drainingOn(this.#fabric)
  }

  override bestWithFree(slots: number): Room | null {
    return this.withFree(slots).next().value ?? null
  }

  override withFree(slots: number): Generator<Room> {
    return this.#whole.withFreeOn(this.#fabric, slots)
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

/** They know of nothing that changes, so that each is made once for a floor. */
const MADE = new WeakMap<Floor, Map<string, FabricFloor>>()

function onFabric(whole: Floor, fabric: string, rooms: readonly Room[]): Floor {
  const made = MADE.get(whole) ?? new Map<string, FabricFloor>()
  MADE.set(whole, made)
  const known = made.get(fabric)
  if (known) return known
  const floor = new FabricFloor(whole, fabric, rooms)
  made.set(fabric, floor)
  return floor
}

/**
 * Where a want may go: the whole floor, or each fabric that has nodes enough, one after the other. Fabrics that have
 * room now come first, of those the one with the least to spare.
 */
export function floorsFor(want: Want, floor: Floor): readonly Floor[] {
  if (want.onFabric !== undefined) {
    const rooms = floor.fabrics().get(want.onFabric)
    return rooms === undefined ? [] : [onFabric(floor, want.onFabric, rooms)]
  }
  if (want.isOneFabric !== true || want.nodes === 1) return [floor]
  const fabrics = [...floor.fabrics()].flatMap(([fabric, rooms]) => {
    if (fabric === null || rooms.length < want.nodes) return []
    const fitting = floor.countOn(fabric, want.gpus / want.nodes)
    return [{ fabric, rooms, spare: fitting < want.nodes ? Number.POSITIVE_INFINITY : fitting }]
  })
  return fabrics
    .toSorted((a, b) => (a.spare === b.spare ? 0 : a.spare - b.spare))
    .map(({ fabric, rooms }) => onFabric(floor, fabric, rooms))
}
