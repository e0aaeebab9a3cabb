/**
 * Sells where it earns most for the promises that it may break. The operator says what share of promises may break and
 * what share of what is sold may be missing; both are spent over all pools and hours together, at one price of a broken
 * promise that follows from what is forecast and is corrected by what then came. Pure: it is told what happened.
 */
import { Calibration, partOf } from '../forecast/calibration.ts'
import type { Distribution } from '../forecast/distribution.ts'
import { bestOption, type Options, optionsOf, type SellingPrices } from './options.ts'

export interface SellingRules {
  /** Of all promises, pool by pool and hour by hour, those that may break. */
  readonly breachShareMax: number
  /** Of what is sold, what may turn out to be missing. */
  readonly overSoldShareMax: number
  /** GPUs given up rather than oversell by one. */
  readonly overSoldGpus: number
  /** Of a pool at most this share is promised at once, so that no single surprise breaks all that was sold. */
  readonly poolShareMax: number
  /** Over how many hours the price of a breach is found. */
  readonly lookBackHours: number
  readonly priceEveryHours: number
  /** Breaches of each pool that the forecast's own expectation counts as, against those that came. */
  readonly breachesPrior: number
}

export const SELLING: SellingRules = {
  breachShareMax: 0.034,
  overSoldShareMax: 0.068,
  overSoldGpus: 9,
  poolShareMax: 0.5,
  lookBackHours: 744,
  priceEveryHours: 12,
  breachesPrior: 17,
}

/** What is sold of a pool for the hours to come. */
export interface Sale {
  readonly gpus: number
  readonly breachChance: number
  readonly overSoldGpus: number
}

export interface PoolPeak {
  readonly capacity: number
  readonly peak: Distribution
}

interface Decided {
  readonly pools: readonly PoolPeak[]
  readonly options: readonly Options[]
  readonly sales: readonly Sale[]
}

const NOTHING: Sale = { gpus: 0, breachChance: 0, overSoldGpus: 0 }
const PRICE_MIN = 1
const PRICE_MAX = 4000
const HALVINGS = 9
/** Of the hours looked back on, each so many-th is enough to find a price. */
const STRIDE = 3

export class Seller {
  readonly #rules: SellingRules
  readonly calibration = new Calibration()
  readonly #decided: Decided[] = []
  readonly #breaches: number[] = []
  #settled = 0
  #breachGpus = 500

  constructor(rules: SellingRules = SELLING) {
    this.#rules = rules
  }

  get prices(): SellingPrices {
    const { overSoldGpus, overSoldShareMax } = this.#rules
    return { breachGpus: this.#breachGpus, overSoldGpus, overSoldShare: overSoldShareMax }
  }

  /** Sells for one hour; to be called hour by hour. */
  decide(pools: readonly PoolPeak[]): readonly Sale[] {
    const { priceEveryHours, poolShareMax } = this.#rules
    if (this.#decided.length > 0 && this.#decided.length % priceEveryHours === 0) this.#findPrice()
    const chances = this.calibration.chances()
    const options = pools.map(({ peak, capacity }) =>
      optionsOf({ peak, chances, capacity, gpusMax: poolShareMax * capacity }),
    )
    const sales = options.map((each): Sale => {
      const option = bestOption(each, this.prices)
      if (option < 0) return NOTHING
      const breachChance = each.breachChance[option] ?? 1
      return {
        gpus: each.gpus[option] ?? 0,
        breachChance,
        overSoldGpus: each.overSold[option] ?? 0,
      }
    })
    this.#decided.push({ pools, options, sales })
    return sales
  }

  /**
   * Tells what the peaks were of the oldest hour of which that was not told yet, and on which pools a promise that was
   * sold in it broke whatever the peak was.
   */
  settle(peaks: readonly number[], broke: readonly boolean[] = []): void {
    const decided = this.#decided[this.#settled++]
    if (!decided) return
    const parts = decided.pools.map(({ peak }, pool) => partOf(peak, peaks[pool] ?? 0))
    this.calibration.learn(parts)
    const broken = decided.sales.filter(({ gpus }, pool) => {
      const spare = Math.max(0, (decided.pools[pool]?.capacity ?? 0) - (peaks[pool] ?? 0))
      return gpus > spare + 1e-9 || broke[pool] === true
    })
    this.#breaches.push(broken.length)
  }

  /** Breaches that came for each that was expected. */
  #breachRatio(): number {
    const { lookBackHours, breachesPrior } = this.#rules
    const from = Math.max(0, this.#settled - lookBackHours)
    let [came, expected] = [0, 0]
    for (let hour = from; hour < this.#settled; hour++) {
      came += this.#breaches[hour] ?? 0
      for (const sale of this.#decided[hour]?.sales ?? []) expected += sale.breachChance
    }
    const prior = breachesPrior * (this.#decided.at(-1)?.pools.length ?? 1)
    return (came + prior) / (expected + prior)
  }

  /** The share of promises that would be expected to break at a price, had it held over the last while. */
  #shareAt(breachGpus: number): number {
    const from = Math.max(0, this.#decided.length - this.#rules.lookBackHours)
    const prices = { ...this.prices, breachGpus }
    let [expected, promises] = [0, 0]
    for (let hour = from; hour < this.#decided.length; hour += STRIDE)
      for (const options of this.#decided[hour]?.options ?? []) {
        const option = bestOption(options, prices)
        if (option >= 0) expected += options.breachChance[option] ?? 0
        promises++
      }
    return promises > 0 ? expected / promises : 0
  }

  #findPrice(): void {
    const allowed = this.#rules.breachShareMax / this.#breachRatio()
    let [low, high] = [PRICE_MIN, PRICE_MAX]
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = Math.sqrt(low * high)
      if (this.#shareAt(middle) > allowed) low = middle
      else high = middle
    }
    this.#breachGpus = Math.sqrt(low * high)
  }
}
