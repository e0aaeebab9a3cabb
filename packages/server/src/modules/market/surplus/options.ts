/**
 * What may be sold of a pool for the hours to come, and what each amount is worth: GPUs that will truly be there, the
 * chance that they will not all be, and how many will be missing. Pure.
 */
import type { Distribution } from '../forecast/distribution.ts'

/** Amounts that could be sold, one for each level of the forecast, with what is expected of each. */
export interface Options {
  readonly gpus: Float64Array
  /** Sold and truly spare. */
  readonly kept: Float64Array
  readonly breachChance: Float64Array
  /** Sold and not there. */
  readonly overSold: Float64Array
}

/** What a promise that breaks costs, against a GPU that is sold and kept for the time of the promise. */
export interface SellingPrices {
  /** GPUs that are given up rather than break one promise on a pool in an hour. */
  readonly breachGpus: number
  /** GPUs that are given up rather than oversell by one. */
  readonly overSoldGpus: number
  /** Oversold GPUs for each sold one that cost nothing. */
  readonly overSoldShare: number
}

/** The spare capacity in each part of the distribution, at the middle of the part. */
function sparesOf(peak: Distribution, capacity: number): Float64Array {
  const last = peak.length
  const beyond = (peak[last - 1] ?? 0) + Math.max(0, (peak[last - 1] ?? 0) - (peak[last - 3] ?? 0))
  return Float64Array.from({ length: last + 1 }, (_, part) => {
    const low = peak[Math.max(0, part - 1)] ?? 0
    const high = peak[part] ?? beyond
    return Math.max(0, capacity - (low + high) / 2)
  })
}

/** What is known of a pool when it is sold from. */
export interface Stock {
  readonly peak: Distribution
  /** The chance of each part of the distribution. */
  readonly chances: Float64Array
  readonly capacity: number
  /** The most that is ever sold of it with a promise. */
  readonly gpusMax: number
}

/** The options on a pool. */
export function optionsOf({ peak, chances, capacity, gpusMax }: Stock): Options {
  const spares = sparesOf(peak, capacity)
  const gpus = peak.map((level) => Math.max(0, Math.min(gpusMax, capacity - level)))
  const kept = new Float64Array(gpus.length)
  const breachChance = new Float64Array(gpus.length)
  const overSold = new Float64Array(gpus.length)
  let below = 0
  for (let option = 0; option < gpus.length; option++) {
    const amount = gpus[option] as number
    below += chances[option] as number
    let [sum, missing] = [0, 0]
    for (let part = 0; part < spares.length; part++) {
      const [chance, spare] = [chances[part] as number, spares[part] as number]
      sum += chance * Math.min(amount, spare)
      missing += chance * Math.max(0, amount - spare)
    }
    kept[option] = sum
    overSold[option] = missing
    breachChance[option] = amount > 0 ? Math.max(0, 1 - below) : 0
  }
  return { gpus, kept, breachChance, overSold }
}

/** The option that is worth most at these prices; -1 where it is best to sell nothing. */
export function bestOption(options: Options, prices: SellingPrices): number {
  const { gpus, kept, breachChance, overSold } = options
  const { breachGpus, overSoldGpus, overSoldShare } = prices
  let [best, most] = [-1, 1e-9]
  for (let option = 0; option < gpus.length; option++) {
    const worth =
      (kept[option] as number) -
      breachGpus * (breachChance[option] as number) -
      overSoldGpus * ((overSold[option] as number) - overSoldShare * (gpus[option] as number))
    if (worth > most) [best, most] = [option, worth]
  }
  return best
}
