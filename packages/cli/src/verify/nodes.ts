/**
 * Room on the nodes of a clearing, as the guide says it is given: the nodes with as few free slots as suffice first; of
 * nodes with the same, whoever was given back last, and to begin with in the order of the log. Written from the
 * guide, apart from the server. Pure.
 */

export interface NodeRun {
  readonly free: number
  readonly fabric: string | null
  readonly count: number
}

export interface Gang {
  readonly gpus: number
  readonly nodes: number
  readonly fabric: 'same' | 'any'
}

/** So many slots on each of these nodes. */
export interface Room {
  readonly nodes: readonly number[]
  readonly slots: number
}

/** Nodes by how many slots they have free; a heap of its own for each number, the top of it taken first. */
class Heaps {
  readonly #heaps: number[][] = []

  put(node: number, free: number): void {
    while (this.#heaps.length <= free) this.#heaps.push([])
    this.#heaps[free]?.push(node)
  }

  /** The top of the heap fills the place of what is taken out of it. */
  takeOut(node: number, free: number): void {
    const heap = this.#heaps[free] ?? []
    const place = heap.lastIndexOf(node)
    const top = heap.pop()
    if (top !== undefined && top !== node) heap[place] = top
  }

  find(count: number, slots: number): readonly number[] | null {
    const found: number[] = []
    for (const heap of this.#heaps.slice(slots)) {
      const wanted = count - found.length
      found.push(...heap.slice(Math.max(0, heap.length - wanted)).toReversed())
      if (found.length === count) return found
    }
    return null
  }
}

export class Nodes {
  readonly #free: number[] = []
  readonly #fabrics: (string | null)[] = []
  readonly #all = new Heaps()
  readonly #ofFabric = new Map<string, Heaps>()

  constructor(runs: readonly NodeRun[]) {
    for (const { free, fabric, count } of runs)
      for (let index = 0; index < count; index++) {
        this.#free.push(free)
        this.#fabrics.push(fabric)
      }
    // The first of the log lies on top.
    for (let node = this.#free.length - 1; node >= 0; node--) this.#put(node)
  }

  /** Takes room for all of a gang, or nothing. */
  take({ gpus, nodes, fabric }: Gang): Room | null {
    const slots = gpus / nodes
    const found =
      fabric === 'any' || nodes === 1 ? this.#all.find(nodes, slots) : this.#findOnOne(nodes, slots)
    if (found === null) return null
    const room = { nodes: found, slots }
    this.takeAgain(room)
    return room
  }

  giveBack({ nodes, slots }: Room): void {
    this.#change(nodes, slots)
  }

  takeAgain({ nodes, slots }: Room): void {
    this.#change(nodes, -slots)
  }

  #findOnOne(nodes: number, slots: number): readonly number[] | null {
    for (const heaps of this.#ofFabric.values()) {
      const found = heaps.find(nodes, slots)
      if (found !== null) return found
    }
    return null
  }

  #change(nodes: readonly number[], by: number): void {
    for (const node of nodes) {
      const free = this.#free[node] ?? 0
      this.#heapsOf(node).forEach((heaps) => heaps.takeOut(node, free))
      this.#free[node] = free + by
      this.#put(node)
    }
  }

  #put(node: number): void {
    this.#heapsOf(node).forEach((heaps) => heaps.put(node, this.#free[node] ?? 0))
  }

  #heapsOf(node: number): readonly Heaps[] {
    const fabric = this.#fabrics[node] ?? null
    if (fabric === null) return [this.#all]
    const heaps = this.#ofFabric.get(fabric) ?? new Heaps()
    this.#ofFabric.set(fabric, heaps)
    return [this.#all, heaps]
  }
}
