/** What one run of a variant with one seed tells. Types only. */
import type { TierSurplus } from '#modules/market/index.ts'
import type { SoldTier } from './live/tenant.ts'

/** The market of a pool through a run: what was forecast and came, prices, and who stood in line at its middle. */
export interface MarketView {
  readonly pool: string
  /** Of each hour: what was forecast of its peak at its beginning, and what came. */
  readonly forecast: {
    readonly likelyGpus: readonly number[]
    readonly p90Gpus: readonly number[]
    readonly p99Gpus: readonly number[]
    readonly cameGpus: readonly number[]
  }
  /** The mean of each step; null where there was none. */
  readonly price: {
    readonly stepHours: number
    readonly clearedUsd: readonly (number | null)[]
    readonly reserveUsd: readonly (number | null)[]
    readonly benchmarkUsd: readonly (number | null)[]
  }
  readonly stack: {
    readonly atHours: number
    readonly gpusForSale: number
    readonly usdPerGpuHour: number
    readonly items: readonly {
      readonly kind: string
      readonly gpus: number
      readonly usdPerGpuHour: number
      readonly isServed: boolean
    }[]
  } | null
  /** What could be sold of each tier, from firm to loose, each a part of the looser: the mean of each step. */
  readonly supply: {
    readonly stepHours: number
    readonly tiers: readonly {
      readonly tier: TierSurplus['tier']
      /** For how long it is promised; null where it is not. */
      readonly hours: number | null
      readonly gpus: readonly (number | null)[]
    }[]
  }
}

export interface RunResult {
  readonly figures: Readonly<Record<string, number>>
  readonly stepHours: number
  /** The mean of each step. */
  readonly gpus: Readonly<Record<'anchor' | 'sold' | 'wanted', readonly number[]>>
  /** Of what is sold, by tier; null of a policy that knows none. */
  readonly soldByTier: Readonly<Record<SoldTier, readonly number[]>> | null
  readonly hash: string
  readonly markets: readonly MarketView[]
}
