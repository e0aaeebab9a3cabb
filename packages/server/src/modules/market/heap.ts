/** A binary heap: the least comes out first. Cheaper than to sort where few of many are taken. Pure. */
export class Heap<Item> {
  readonly #items: Item[]
  readonly #compare: (a: Item, b: Item) => number

  /** The items become its own. */
  constructor(items: Item[], compare: (a: Item, b: Item) => number) {
    this.#items = items
    this.#compare = compare
    for (let at = (items.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  push(item: Item): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above]
      if (parent === undefined || this.#compare(item, parent) >= 0) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  pop(): Item | undefined {
    const items = this.#items
    const least = items[0]
    const last = items.pop()
    if (last !== undefined && items.length > 0) {
      items[0] = last
      this.#sink(0)
    }
    return least
  }

  #sink(from: number): void {
    const items = this.#items
    const item = items[from]
    if (item === undefined) return
    let at = from
    for (;;) {
      let below = 2 * at + 1
      let child = items[below]
      const right = items[below + 1]
      if (child !== undefined && right !== undefined && this.#compare(right, child) < 0) {
        child = right
        below++
      }
      if (child === undefined || this.#compare(child, item) >= 0) break
      items[at] = child
      at = below
    }
    items[at] = item
  }
}
