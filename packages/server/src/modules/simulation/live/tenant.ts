/** Who wants GPUs of the live market in a simulation: the owner, and buyers of each tier. Data, no behaviour. Pure. */
import type { ReclaimPolicy } from '@spillway/contract'
import type { Money } from '#kernel/money.ts'
import type { ClearingRule, LeaseKind, ScalingTerms } from '#modules/market/index.ts'

/** What is sold. `guaranteed` is spot with a promise of some hours; `serving` earns by the token. */
export const SOLD_TIERS = ['on_demand', 'guaranteed', 'spot', 'flex', 'serving'] as const
export type SoldTier = (typeof SOLD_TIERS)[number]

export interface Tenant {
  /** Its place in the list of all. */
  readonly id: number
  readonly kind: LeaseKind
  readonly pool: string
  /** Whose it is: a buyer gets no more than its share of a window while others want the rest. */
  readonly buyer: string
  /** In all, over all nodes. */
  readonly gpus: number
  readonly nodes: number
  /** Seconds from the start; negative: it ran already. */
  readonly submitS: number
  /** Work to do, in seconds of running; infinite: until it is ended. */
  readonly durationS: number
  /** The most that it pays per GPU-hour. Spot with a limit is an order that waits for a window. */
  readonly limit: Money | null
  /** Spot with the promise that it is not taken back for so long. */
  readonly promisedS: number
  /** It goes elsewhere when it did not start within so long. */
  readonly patienceS: number
}

export function tierOf({ kind, promisedS }: Tenant): SoldTier | null {
  if (kind === 'anchor') return null
  return kind === 'spot' && promisedS > 0 ? 'guaranteed' : kind
}

/** Demand for tokens of a model: replicas bid by it, each a lease of kind `serving`. */
export interface TokenDemand {
  readonly model: string
  readonly pool: string
  readonly gpusPerReplica: number
  readonly tokensPerSecondOfReplica: number
  readonly usdPerMillionTokens: Money
  readonly terms: ScalingTerms
  /** Tokens a second that are asked for in each hour. */
  readonly byHour: readonly number[]
}

/** A pool of the live market. */
export interface LivePoolPlan {
  readonly name: string
  /** Slots of each node. */
  readonly sizes: readonly number[]
  readonly policy: ReclaimPolicy
  readonly listUsd: Readonly<Record<'on_demand' | 'spot' | 'flex', Money>>
  readonly rule: ClearingRule
  /** What a GPU-hour costs that would not be run otherwise. */
  readonly marginalUsd: Money
  /** The owner's greatest demand in each hour before the start, oldest first. */
  readonly history: readonly number[]
}
