/** The book of a simulated pool: which slots of which node are free. Says nothing of who has the others. */
import { assert } from '#kernel/assert.ts'
import type { FreeNode, NodeSlots, SnapshotNode } from '#modules/market/index.ts'

export interface SupplyNode extends FreeNode {
  readonly nodeId: string
}

export class FloorBook {
  readonly nodes: readonly SnapshotNode[]
  readonly capacity: number
  freeTotal: number
  readonly #free = new Map<string, Set<number>>()

  /** Names of nodes come in the order of their numbers, as the live book lists them. */
  constructor(pool: string, sizes: readonly number[]) {
    const digits = String(sizes.length).length
    this.nodes = sizes.map((slotCount, at) => ({
      id: `${pool}-${String(at + 1).padStart(digits, '0')}`,
      ...{ pool, slotCount, isReady: true, fabric: null },
    }))
    for (const { id, slotCount } of this.nodes)
      this.#free.set(id, new Set(Array.from({ length: slotCount }, (_, slot) => slot)))
    this.capacity = sizes.reduce((sum, size) => sum + size, 0)
    this.freeTotal = this.capacity
  }

  take(placements: readonly NodeSlots[]): void {
    for (const { nodeId, slots } of placements)
      for (const slot of slots) {
        assert(this.#free.get(nodeId)?.delete(slot) === true, 'no slot is claimed twice')
        this.freeTotal--
      }
  }

  give(placements: readonly NodeSlots[]): void {
    for (const { nodeId, slots } of placements)
      for (const slot of slots) {
        this.#free.get(nodeId)?.add(slot)
        this.freeTotal++
      }
  }

  freeOn(nodeId: string): ReadonlySet<number> {
    return this.#free.get(nodeId) ?? new Set()
  }

  /** As a window is cleared: those with most free first, of equals by name. */
  supply(): readonly SupplyNode[] {
    return this.nodes
      .map(({ id, fabric }) => ({ nodeId: id, fabric, free: this.freeOn(id).size }))
      .sort((a, b) => b.free - a.free || (a.nodeId < b.nodeId ? -1 : 1))
  }

  /** The free slots of a node, lowest first. */
  slotsOf(nodeId: string): readonly number[] {
    return [...this.freeOn(nodeId)].sort((a, b) => a - b)
  }
}
