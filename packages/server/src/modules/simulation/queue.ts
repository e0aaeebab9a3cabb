/**
 * Who waits. Anchor work waits in line, and nobody passes its head. Sold work waits by shape of gang: of one shape only
 * the first is tried, for where it does not fit, its like does not either; another shape may pass.
 */
import type { Work } from './work.ts'

/** First come, first served by time of submission; who was evicted comes back to where it stood. */
class Line {
  readonly #works: Work[] = []
  #first = 0

  get head(): Work | null {
    return this.#works[this.#first] ?? null
  }

  enter(work: Work): void {
    let at = this.#works.length
    while (at > this.#first && (this.#works[at - 1]?.job.id ?? -1) > work.job.id) at--
    this.#works.splice(at, 0, work)
  }

  shift(): void {
    this.#first++
    if (this.#first < 256) return
    this.#works.splice(0, this.#first)
    this.#first = 0
  }
}

export class Queue {
  readonly anchor = new Line()
  readonly #spot = new Map<number, Line>()
  #spotCount = 0
  #anchorCount = 0

  get count(): number {
    return this.#spotCount + this.#anchorCount
  }

  get spotCount(): number {
    return this.#spotCount
  }

  enter(work: Work): void {
    const { kind, gpus, workers } = work.job
    if (kind === 'anchor') {
      this.#anchorCount++
      this.anchor.enter(work)
      return
    }
    this.#spotCount++
    const shape = gpus * 65_536 + workers
    const line = this.#spot.get(shape) ?? new Line()
    this.#spot.set(shape, line)
    line.enter(work)
  }

  leaveAnchor(): void {
    this.#anchorCount--
    this.anchor.shift()
  }

  /** The head that has waited longest. */
  get spotHead(): Work | null {
    let head: Work | null = null
    for (const line of this.#spot.values())
      if (line.head && (!head || line.head.job.id < head.job.id)) head = line.head
    return head
  }

  /** Offers the first of each shape, the longest submitted first, until each shape was refused or is empty. */
  offerSpot(accept: (work: Work) => boolean): void {
    const open = [...this.#spot.values()].filter((line) => line.head !== null)
    while (open.length > 0) {
      let at = 0
      for (let each = 1; each < open.length; each++)
        if ((open[each]?.head?.job.id ?? 0) < (open[at]?.head?.job.id ?? 0)) at = each
      const line = open[at]
      const work = line?.head
      if (!line || !work) break
      if (accept(work)) {
        line.shift()
        this.#spotCount--
        if (line.head !== null) continue
      }
      open.splice(at, 1)
    }
  }
}
