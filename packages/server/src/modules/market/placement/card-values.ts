/**
 * What the rest of a shared card is worth: how much of it the typical arrivals would fill, in the volume that all free
 * cards can take. A rest that only rare shares would fill is worth little, however large. Dual prices of the
 * cutting-stock problem of shares in cards, smoothed, followed by gradient steps. Pure.
 */
import { type Typical, WHOLE } from './shape.ts'

/** How far a rest spreads over ways to fill it that are nearly as good, as part of a card. */
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

interface Size {
  readonly milli: number
  /** Cards' parts of this size asked for by a mean arrival. */
  readonly count: number
}

function sizesOf(typical: readonly Typical[]): readonly Size[] {
  const counts = new Map<number, number>()
  for (const { shape, share } of typical)
    if (shape.gpuCount > 0)
      counts.set(shape.gpuMilli, (counts.get(shape.gpuMilli) ?? 0) + share * shape.gpuCount)
  return [...counts]
    .map(([milli, count]) => ({ milli, count }))
    .toSorted((a, b) => b.count * b.milli - a.count * a.milli)
    .slice(0, SIZES_MAX)
    .toSorted((a, b) => b.milli - a.milli)
}

export class CardValues {
  /** Everything below is counted in these thousandths. */
  readonly #unit: number
  /** Of a whole card. */
  readonly #units: number
  readonly #sizes: readonly { readonly units: number; readonly count: number }[]
  /** How many cards have so much left. */
  readonly #cards: Float64Array
  /** By size: what is scarce about it; its worth is its size less this. */
  readonly #scarcity: Float64Array
  readonly #drift: Float64Array
  readonly #filled: Float64Array
  /** The worth of each rest when only the sizes from one on are used, row by row. */
  readonly #worth: Float64Array
  /** How likely one more of a size goes into a rest, row by row. */
  readonly #taken: Float64Array
  readonly #flow: Float64Array

  constructor(typical: readonly Typical[]) {
    const sizes = sizesOf(typical)
    this.#unit = sizes.reduce((unit, { milli }) => divisor(unit, milli), WHOLE)
    this.#units = WHOLE / this.#unit
    this.#sizes = sizes.map(({ milli, count }) => ({ units: milli / this.#unit, count }))
    const row = this.#units + 1
    this.#cards = new Float64Array(row)
    this.#flow = new Float64Array(row)
    this.#scarcity = new Float64Array(sizes.length)
    this.#drift = new Float64Array(sizes.length)
    this.#filled = new Float64Array(sizes.length)
    this.#worth = new Float64Array((sizes.length + 1) * row)
    this.#taken = new Float64Array(sizes.length * row)
  }

  /** Counts cards that have so much left; less than none takes them out. */
  count(leftMilli: number, cards: number): void {
    const rest = Math.floor(leftMilli / this.#unit)
    this.#cards[rest] = (this.#cards[rest] ?? 0) + cards
  }

  /** Called once when all cards are counted. */
  begin(): void {
    this.#follow(FIRST_STEPS)
  }

  /** Brings the values in line with the cards as they are now. */
  refresh(): void {
    this.#follow(NEXT_STEPS)
  }

  /** What so much left on one card is worth, in thousandths. */
  of(leftMilli: number): number {
    return (this.#worth[Math.floor(leftMilli / this.#unit)] ?? 0) * this.#unit
  }

  #follow(steps: number): void {
    let [freeUnits, wantedUnits] = [0, 0]
    this.#cards.forEach((cards, rest) => {
      freeUnits += Math.max(0, cards) * rest
    })
    for (const { units, count } of this.#sizes) wantedUnits += units * count
    if (freeUnits <= 0 || wantedUnits <= 0) return
    const volume = freeUnits / wantedUnits
    for (let step = 0; step < steps; step++) {
      this.#rate()
      this.#fill()
      this.#move(volume)
    }
    this.#rate()
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

  /** How many of each size all cards would take. */
  #fill(): void {
    const row = this.#units + 1
    this.#filled.fill(0)
    this.#flow.set(this.#cards)
    this.#sizes.forEach(({ units }, size) => {
      for (let rest = this.#units; rest >= units; rest--) {
        const cards = Math.max(0, this.#flow[rest] ?? 0) * (this.#taken[size * row + rest] ?? 0)
        this.#filled[size] = (this.#filled[size] ?? 0) + cards
        this.#flow[rest] = (this.#flow[rest] ?? 0) - cards
        this.#flow[rest - units] = (this.#flow[rest - units] ?? 0) + cards
      }
    })
  }

  /** A size that the cards would take more of than arrives is scarce, and worth less to count on. */
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
