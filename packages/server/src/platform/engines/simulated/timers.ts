/** What is due at which instant: a heap, with the order of entering for what is due at the same one. Deterministic. */

interface Entry<Due> {
  readonly atMs: number
  readonly order: number
  readonly due: Due
}

export class Timers<Due> {
  readonly #heap: Entry<Due>[] = []
  #orders = 0

  /** Null when nothing is due ever. */
  get nextMs(): number | null {
    return this.#heap[0]?.atMs ?? null
  }

  add(atMs: number, due: Due): void {
    this.#orders += 1
    this.#heap.push({ atMs, order: this.#orders, due })
    this.#rise(this.#heap.length - 1)
  }

  /** The first that is due by then, or null. */
  take(untilMs: number): { readonly atMs: number; readonly due: Due } | null {
    const first = this.#heap[0]
    if (first === undefined || first.atMs > untilMs) return null
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) return
      at = parent
    }
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const child = left + 1 < this.#heap.length && this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#swapIfBefore(child, at)) return
      at = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return false
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order)
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#isBefore(a, b)) return false
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return false
    this.#heap[a] = second
    this.#heap[b] = first
    return true
  }
}
