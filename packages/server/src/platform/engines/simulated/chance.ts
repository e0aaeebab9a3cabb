/** Chance that can be repeated: the same seed and the same instant draw the same numbers. Pure. */

export class Chance {
  #state: number

  /** For one subject at one instant, such as the faults of a minute. */
  constructor(seed: number, subject: number, instant: number) {
    let state = 0x9e3779b9
    for (const part of [seed, subject, instant % 0x100000000, Math.floor(instant / 0x100000000)]) {
      state = Math.imul(state ^ part, 0x85ebca6b)
      state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
      state ^= state >>> 16
    }
    this.#state = state
  }

  /** At least 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }

  /** A whole number below the bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  /** Of a thing that lasts so long in the mean and may end at any instant with equal chance. */
  lasting(meanMs: number): number {
    return Math.round(-Math.log(1 - this.next()) * meanMs)
  }

  /** How often something happens that happens so often in the mean. */
  times(mean: number): number {
    let count = 0
    for (let left = Math.exp(-mean), product = this.next(); product > left; product *= this.next())
      count += 1
    return count
  }
}
