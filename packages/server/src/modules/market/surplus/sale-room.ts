/**
 * What may still be sold of a pool: its surplus, tier by tier, less what is sold already. Pure. A promise uses up each
 * stretch of time that it runs into: those that end within the hour leave the hours after it to others.
 */
import { HOUR_MS } from '../forecast/series.ts'
import type { TierSurplus } from './tiers.ts'

/** GPUs that somebody has who is not the owner. */
export interface Sold {
  readonly gpus: number
  /** For so long the owner cannot have them back: 0, at any time; infinite, never. */
  readonly promisedMs: number
}

interface Stretch {
  readonly fromMs: number
  readonly hours: number
  readonly gpus: number
  sold: number
}

/** A pool's surplus, and what is sold of it. */
export interface Sale {
  /** From firm to loose. */
  readonly tiers: readonly TierSurplus[]
  readonly sold: readonly Sold[]
  /** Whether a forecast has a say in what is sold without a promise. */
  readonly isForecast: boolean
}

export class SaleRoom {
  /** What is promised, by the stretches of time that promises run into, soonest first. */
  readonly #stretches: Stretch[] = []
  readonly #spotGpus: number
  #sold = 0

  constructor({ tiers, sold, isForecast }: Sale) {
    const spot = tiers.find(({ tier }) => tier === 'spot')?.placeableGpus ?? 0
    this.#spotGpus = isForecast ? spot : Number.POSITIVE_INFINITY
    let fromMs = 0
    for (const { tier, hours, placeableGpus } of tiers.toReversed()) {
      if (tier !== 'guaranteed' || hours === null) continue
      this.#stretches.push({ fromMs, hours, gpus: placeableGpus, sold: 0 })
      fromMs = hours * HOUR_MS
    }
    for (const each of sold) this.sell(each)
  }

  sell({ gpus, promisedMs }: Sold): void {
    this.#sold += gpus
    for (const stretch of this.#stretches) if (promisedMs > stretch.fromMs) stretch.sold += gpus
  }

  /** GPUs that may be sold as spot now; with a promise, only as many as its tier and all shorter ones still have. */
  left(promisedMs: number): number {
    let left = this.#spotGpus - this.#sold
    if (promisedMs === 0) return Math.max(0, left)
    let isOffered = false
    for (const { fromMs, hours, gpus, sold } of this.#stretches) {
      if (fromMs >= promisedMs) break
      left = Math.min(left, gpus - sold)
      isOffered = promisedMs <= hours * HOUR_MS
    }
    return isOffered ? Math.max(0, left) : 0
  }
}
