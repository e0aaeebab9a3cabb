/**
 * Which trusted instant a past moment of the monotonic counter was: straight lines between the points at which the
 * clock was anchored. Pure; remembers a bounded number of points.
 */

export interface Point {
  readonly monotonicMs: number
  readonly trustedMs: number
}

/** An hour of anchors; what was before follows the counter exactly. */
const POINTS_MAX = 3600

export class Timeline {
  readonly #points: Point[] = []

  /** Adds a point; later than all before it, in both times. */
  add(point: Point): void {
    this.#points.push(point)
    if (this.#points.length > POINTS_MAX * 2) this.#points.splice(0, POINTS_MAX)
  }

  /** The counter starts anew after a boot, and with it the timeline. */
  clear(): void {
    this.#points.length = 0
  }

  trustedMsAt(monotonicMs: number): number {
    const next = this.#firstAfter(monotonicMs)
    const before = this.#points[next - 1]
    const after = this.#points[next]
    if (before && after) return between(before, after, monotonicMs)
    const nearest = before ?? after
    return nearest ? nearest.trustedMs + (monotonicMs - nearest.monotonicMs) : Number.NaN
  }

  /** The index of the first point after the moment, by halving. */
  #firstAfter(monotonicMs: number): number {
    let low = 0
    let high = this.#points.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#points[middle]?.monotonicMs ?? 0) > monotonicMs) high = middle
      else low = middle + 1
    }
    return low
  }
}

function between(before: Point, after: Point, monotonicMs: number): number {
  const share = (monotonicMs - before.monotonicMs) / (after.monotonicMs - before.monotonicMs)
  return before.trustedMs + share * (after.trustedMs - before.trustedMs)
}
