/**
 * What the rest of something is worth that is given out in parts: a card in shares, a node in slots. It is as much as
 * typical parts would fill of it, in the volume that all rests can take; a rest that only rare parts would fill is worth
 * little, however large. Dual prices of the cutting-stock problem, smoothed, followed by gradient steps. Pure.
 */

/** How far a rest spreads over ways to fill it that are nearly as good, as part of a whole. */
const SMOOTHING = 0.01
const STEP = 0.009
const MOMENTUM = 0.7
const FIRST_STEPS = 200
const NEXT_STEPS = 10
/** More distinct sizes are not told apart: those asked for least are left out. */
const SIZES_MAX = 32

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

/** A size that is asked for, and how often by a mean arrival. */
export interface Part {
  readonly size: number
  readonly count: number
}

/** The sizes that matter, the largest first. */
function told(parts: readonly Part[]): readonly Part[] {
  return parts
    .toSorted((a, b) => b.count * b.size - a.count * a.size)
    .slice(0, SIZES_MAX)
    .toSorted((a, b) => b.size - a.size)
}

export class RestValues {
  /** Everything below is counted in these. */
  readonly #unit: number
  /** Of a whole. */
  readonly #units: number
  readonly #sizes: readonly { readonly units: number; readonly count: number }[]
  /** How many have so much left. */
  readonly #rests: Float64Array
  /** By size: what is scarce about it; its worth is its size less this. */
  readonly #scarcity: Float64Array
  readonly #drift: Float64Array
  readonly #filled: Float64Array
  /** The worth of each rest when only the sizes from one on are used, row by row. */
  readonly #worth: Float64Array
  /** How likely one more of a size goes into a rest, row by row. */
  readonly #taken: Float64Array
  readonly #flow: Float64Array
  /** The worth of each rest, exactly, under the scarcities that were found. */
  readonly #found: Float64Array

  /** Nothing is larger than the whole. */
  constructor(parts: readonly Part[], whole: number) {
    const sizes = told(parts)
    this.#unit = sizes.reduce((unit, { size }) => divisor(unit, size), whole)
    this.#units = whole / this.#unit
    this.#sizes = sizes.map(({ size, count }) => ({ units: size / this.#unit, count }))
    const row = this.#units + 1
    this.#rests = new Float64Array(row)
    this.#flow = new Float64Array(row)
    this.#found = new Float64Array(row)
    this.#scarcity = new Float64Array(sizes.length)
    this.#drift = new Float64Array(sizes.length)
    this.#filled = new Float64Array(sizes.length)
    this.#worth = new Float64Array((sizes.length + 1) * row)
    this.#taken = new Float64Array(sizes.length * row)
  }

  /** Counts some that have so much left; less than none takes them out. */
  count(left: number, some: number): void {
    const rest = Math.floor(left / this.#unit)
    this.#rests[rest] = (this.#rests[rest] ?? 0) + some
  }

  /** Called once when all are counted. */
  begin(): void {
    this.#follow(FIRST_STEPS)
  }

  /** Brings the values in line with the rests as they are now. */
  refresh(): void {
    this.#follow(NEXT_STEPS)
  }

  /** What so much left is worth. */
  of(left: number): number {
    return (this.#found[Math.floor(left / this.#unit)] ?? 0) * this.#unit
  }

  #follow(steps: number): void {
    let [freeUnits, wantedUnits] = [0, 0]
    this.#rests.forEach((some, rest) => {
      freeUnits += Math.max(0, some) * rest
    })
    for (const { units, count } of this.#sizes) wantedUnits += units * count
    if (freeUnits <= 0 || wantedUnits <= 0) return
    const volume = freeUnits / wantedUnits
    for (let step = 0; step < steps; step++) {
      this.#rate()
      this.#fill()
      this.#move(volume)
    }
    this.#find()
  }

  /** Without smoothing: so a part is never worth less in a rest of its own size than in a larger one. */
  #find(): void {
    const found = this.#found
    for (let rest = 1; rest < found.length; rest++) {
      let worth = found[rest - 1] ?? 0
      this.#sizes.forEach(({ units }, size) => {
        if (units > rest) return
        const gain = units - (this.#scarcity[size] ?? 0)
        worth = Math.max(worth, (found[rest - units] ?? 0) + gain)
      })
      found[rest] = worth
    }
  }

  /** The worth of each rest under the scarcities as they are, from the smallest size up. */
  #rate(): void {
    const row = this.#units + 1
    const spread = SMOOTHING * this.#units
    const worth = this.#worth
    for (let size = this.#sizes.length - 1; size >= 0; size--) {
      const { units = 1 } = this.#sizes[size] ?? {}
      const gain = units - (this.#scarcity[size] ?? 0)
      for (let rest = 0; rest < row; rest++) {
        const at = size * row + rest
        const skipped = worth[at + row] ?? 0
        if (rest < units) {
          worth[at] = skipped
          this.#taken[at] = 0
          continue
        }
        const taken = (worth[at - units] ?? 0) + gain
        const lead = (taken - skipped) / spread
        const small = Math.exp(-Math.abs(lead))
        worth[at] = Math.max(taken, skipped) + spread * Math.log1p(small)
        this.#taken[at] = (lead > 0 ? 1 : small) / (1 + small)
      }
    }
  }

  /** How many of each size all rests would take. */
  #fill(): void {
    const row = this.#units + 1
    this.#filled.fill(0)
    this.#flow.set(this.#rests)
    this.#sizes.forEach(({ units }, size) => {
      for (let rest = this.#units; rest >= units; rest--) {
        const some = Math.max(0, this.#flow[rest] ?? 0) * (this.#taken[size * row + rest] ?? 0)
        this.#filled[size] = (this.#filled[size] ?? 0) + some
        this.#flow[rest] = (this.#flow[rest] ?? 0) - some
        this.#flow[rest - units] = (this.#flow[rest - units] ?? 0) + some
      }
    })
  }

  /** A size that the rests would take more of than arrives is scarce, and worth less to count on. */
  #move(volume: number): void {
    this.#sizes.forEach(({ units, count }, size) => {
      const ratio = Math.log(((this.#filled[size] ?? 0) + 1e-3) / (volume * count + 1e-3))
      const drift =
        MOMENTUM * (this.#drift[size] ?? 0) + (1 - MOMENTUM) * Math.max(-1, Math.min(1, ratio))
      this.#drift[size] = drift
      const scarcity = (this.#scarcity[size] ?? 0) + STEP * this.#units * drift
      this.#scarcity[size] = Math.min(units, Math.max(0, scarcity))
    })
  }
}
