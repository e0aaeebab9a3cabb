/** The feedback of GFS on how much is sold: less after evictions, more while sold work waits and little is evicted. */
import type { World } from '../world.ts'

/** The part of the hours in which the reserve may be too small: what is not covered by the quantile. */
const MISSED = 0.1
const WINDOW_S = 3_600
const PATIENCE_S = 3_600
/** Between these, whatever happened: a factor that could fall to zero would never rise again. */
const RATE_MIN = 0.05
const RATE_MAX = 4

export class FeedbackRate {
  rate = 1
  #seen = 0
  #changedS = 0

  refresh(world: World): void {
    // One answer to what happened in a stretch, not one in each refresh of it.
    if (world.nowS - this.#changedS < WINDOW_S) return
    const { outcomes, queue, nowS } = world
    let [ends, evictions] = [0, 0]
    for (; this.#seen < outcomes.length; this.#seen++) {
      ends++
      if (outcomes[this.#seen]?.isEvicted) evictions++
    }
    this.#changedS = nowS
    const share = ends === 0 ? 0 : evictions / ends
    const head = queue.spotHead
    const isImpatient = head !== null && nowS - head.waitingSinceS > PATIENCE_S
    if (share >= 1.5 * MISSED) this.#set((this.rate * MISSED) / share)
    else if (share <= 0.5 * MISSED && isImpatient) this.#set(this.rate * (1.5 - share / MISSED))
  }

  #set(rate: number): void {
    this.rate = Math.min(RATE_MAX, Math.max(RATE_MIN, rate))
  }
}
