/**
 * Who says whether a gang fits: the auction asks before it accepts. The one here knows only how many slots of each
 * node are free, and takes the tightest nodes first, so that large holes stay large. It keeps state between questions
 * and nothing else: the same questions get the same answers.
 */
import type { Bid } from './bid.ts'

/** What a gang asks of a place. */
export type Gang = Pick<Bid, 'gpus' | 'nodes' | 'fabric'>

export interface Placer<Room> {
  /** Takes room for the whole gang; or takes nothing, and says null. */
  readonly place: (gang: Gang) => Room | null
  /** Gives back what `place` took. */
  readonly release: (room: Room) => void
  /** Takes again exactly what was given back last. */
  readonly restore: (room: Room) => void
}

/** A node, by what it has free for sale. */
export interface FreeNode {
  readonly free: number
  readonly fabric: string | null
}

/** So many slots on each of some nodes, by their place in the list. */
export interface TightRoom {
  readonly nodes: readonly number[]
  readonly slots: number
}

/** Nodes by how many slots they have free; any node is added and removed in one step. */
class Shelves {
  readonly #byFree: number[][] = []
  readonly #placeOf = new Map<number, number>()

  add(node: number, free: number): void {
    while (this.#byFree.length <= free) this.#byFree.push([])
    const shelf = this.#byFree[free] ?? []
    this.#placeOf.set(node, shelf.length)
    shelf.push(node)
  }

  remove(node: number, free: number): void {
    const shelf = this.#byFree[free] ?? []
    const place = this.#placeOf.get(node) ?? 0
    const last = shelf.pop()
    if (last !== undefined && last !== node) {
      shelf[place] = last
      this.#placeOf.set(last, place)
    }
    this.#placeOf.delete(node)
  }

  /** So many nodes with at least so many slots, the tightest first; null when there are fewer. */
  take(count: number, slots: number): number[] | null {
    const found: number[] = []
    for (let free = slots; free < this.#byFree.length; free++) {
      const shelf = this.#byFree[free] ?? []
      for (let at = shelf.length - 1; at >= 0 && found.length < count; at--)
        found.push(shelf[at] ?? 0)
      if (found.length === count) return found
    }
    return null
  }
}

export class TightPlacer implements Placer<TightRoom> {
  readonly #free: number[]
  readonly #fabrics: readonly (string | null)[]
  readonly #all = new Shelves()
  readonly #byFabric = new Map<string, Shelves>()

  constructor(nodes: readonly FreeNode[]) {
    this.#free = nodes.map(({ free }) => free)
    this.#fabrics = nodes.map(({ fabric }) => fabric)
    // The first node of the list lies on top of its shelf.
    for (let node = nodes.length - 1; node >= 0; node--) this.#shelve(node, 'add')
  }

  place({ gpus, nodes, fabric }: Gang): TightRoom | null {
    const slots = gpus / nodes
    const found = fabric === 'any' ? this.#all.take(nodes, slots) : this.#takeOnOne(nodes, slots)
    if (found === null) return null
    const room = { nodes: found, slots }
    this.restore(room)
    return room
  }

  release(room: TightRoom): void {
    this.#move(room, room.slots)
  }

  restore(room: TightRoom): void {
    this.#move(room, -room.slots)
  }

  /** A node that knows of no fabric is of no one's. A single node is a fabric of its own. */
  #takeOnOne(nodes: number, slots: number): number[] | null {
    if (nodes === 1) return this.#all.take(1, slots)
    for (const shelves of this.#byFabric.values()) {
      const found = shelves.take(nodes, slots)
      if (found !== null) return found
    }
    return null
  }

  #move(room: TightRoom, slots: number): void {
    for (const node of room.nodes) {
      this.#shelve(node, 'remove')
      this.#free[node] = (this.#free[node] ?? 0) + slots
      this.#shelve(node, 'add')
    }
  }

  #shelve(node: number, what: 'add' | 'remove'): void {
    const free = this.#free[node] ?? 0
    this.#all[what](node, free)
    const fabric = this.#fabrics[node] ?? null
    if (fabric === null) return
    const shelves = this.#byFabric.get(fabric) ?? new Shelves()
    this.#byFabric.set(fabric, shelves)
    shelves[what](node, free)
  }
}
