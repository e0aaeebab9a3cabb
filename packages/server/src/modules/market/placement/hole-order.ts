/**
 * In which order nodes with free slots are looked at, by how many they have free. What counts is the worth that a node
 * loses: what the rest can still hold of the leases that are typical here. Of equals the fullest comes first, so that
 * big gaps stay whole. Pure.
 */
import { RestValues } from './rest-values.ts'

/** How many there are: of leases by the slots they take on one node, or of nodes by the slots they have free. */
export type Tally = ReadonlyMap<number, number>

/** Losses of worth that differ by less than this part of a slot are equal. */
const GRAIN = 10

export class HoleOrder {
  readonly #values: RestValues
  readonly #slotsMax: number
  readonly #orders = new Map<number, readonly number[]>()

  constructor(sizes: Tally, free: Tally) {
    this.#slotsMax = Math.max(1, ...free.keys())
    const parts = [...sizes]
      .filter(([size]) => size > 0 && size <= this.#slotsMax)
      .map(([size, count]) => ({ size, count }))
    this.#values = new RestValues(parts, this.#slotsMax)
    for (const [slots, nodes] of free) this.#values.count(slots, nodes)
    this.#values.begin()
  }

  /** Numbers of free slots that will do for so many, the best first. */
  for(slots: number): readonly number[] {
    const known = this.#orders.get(slots)
    if (known) return known
    const count = Math.max(0, this.#slotsMax - slots + 1)
    const order = Array.from({ length: count }, (_, index) => slots + index)
      .map((free) => ({ free, loss: this.#lossOf(free, slots) }))
      .toSorted((a, b) => a.loss - b.loss || a.free - b.free)
      .map(({ free }) => free)
    this.#orders.set(slots, order)
    return order
  }

  #lossOf(free: number, slots: number): number {
    return Math.round(GRAIN * (this.#values.of(free) - this.#values.of(free - slots)))
  }
}
