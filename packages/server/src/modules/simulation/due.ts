/** What comes due, soonest first: a binary heap. Of the same second, in the order in which it was entered. */
interface Entry<Item> {
  readonly atS: number
  readonly order: number
  readonly item: Item
}

function isSooner(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.atS < b.atS || (a.atS === b.atS && a.order < b.order)
}

export class Due<Item> {
  readonly #heap: Entry<Item>[] = []
  #entered = 0

  get nextS(): number {
    return this.#heap[0]?.atS ?? Infinity
  }

  add(atS: number, item: Item): void {
    const entry = { atS, order: this.#entered++, item }
    let at = this.#heap.length
    this.#heap.push(entry)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.#heap[above]
      if (!parent || !isSooner(entry, parent)) break
      this.#heap[at] = parent
      at = above
    }
    this.#heap[at] = entry
  }

  /** Takes out what is due first; null when nothing is. */
  take(): Item | null {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (!first || !last) return null
    if (this.#heap.length > 0) this.#sink(last)
    return first.item
  }

  #sink(entry: Entry<Item>): void {
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      let child = this.#heap[below]
      const right = this.#heap[below + 1]
      if (child && right && isSooner(right, child)) {
        child = right
        below++
      }
      if (!child || !isSooner(child, entry)) break
      this.#heap[at] = child
      at = below
    }
    this.#heap[at] = entry
  }
}
