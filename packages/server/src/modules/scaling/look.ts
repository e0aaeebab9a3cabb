/** One look at a deployment, as it is kept: what was measured, the bids, the prices, and what was decided. Types. */
import type { Money } from '#kernel/money.ts'
import type { LoadSample, ReplicaDecision } from '#modules/market/index.ts'

export interface Look extends LoadSample, ReplicaDecision {
  readonly places: number
  /** Tokens a second of a replica while it worked. */
  readonly pace: number | null
  /** In replicas. */
  readonly demand: number
  readonly idleSinceMs: number | null
  readonly fullEarning: Money | null
  readonly energy: Money
}
