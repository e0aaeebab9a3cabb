/**
 * What replicas bid: the margin per GPU-hour of each. A GPU that serves tokens earns only as far as demand reaches it, so
 * the next one is worth less than the one before: E[min(D, n)] − E[min(D, n − 1)] of what a full one earns, less energy.
 * That is the rule by which airlines keep seats for late, dearer passengers (Littlewood 1972). Pure.
 */
import { type Money, picos, subtract } from '#kernel/money.ts'
import {
  demandOf,
  type LoadSample,
  type Looking,
  type ReplicaMeasure,
  shareWanted,
} from './demand.ts'

const MILLION = 1_000_000
const SECONDS_PER_HOUR = 3600n

/** Token revenue of a stretch as the ledger has it, and the tokens that it was for. */
export interface Earned {
  readonly revenue: Money
  readonly tokens: bigint
}

/** What a replica earns in an hour of work; null while its pace or what a token earns is not known. */
export function fullEarning(
  { revenue, tokens }: Earned,
  tokensPerSecondBusy: number | null,
): Money | null {
  if (tokens <= 0n || tokensPerSecondBusy === null || tokensPerSecondBusy <= 0) return null
  const perHour = BigInt(Math.round(tokensPerSecondBusy * 1000)) * SECONDS_PER_HOUR
  return picos((revenue * perHour) / (tokens * 1000n))
}

export interface Bidding {
  readonly samples: readonly LoadSample[]
  readonly measure: ReplicaMeasure
  /** Null: nobody knows what it earns. */
  readonly fullEarning: Money | null
  /** What an hour of a GPU at work costs over an idle one. */
  readonly energy: Money
}

/** Of the short and the long memory of demand. */
export interface Memory {
  readonly nowMs: number
  readonly shortMs: number
  readonly longMs: number
}

/** The bids of a deployment's replicas, by number from 1. */
export interface Bids {
  /** By what was wanted just now: whether one more is worth its room. */
  readonly toStart: (ordinal: number) => Money | null
  /** By what was wanted just now or in a while before, whichever is more: whether one is still worth its room. */
  readonly toKeep: (ordinal: number) => Money | null
}

export function bidsOf(
  { samples, measure, fullEarning: full, energy }: Bidding,
  { nowMs, shortMs, longMs }: Memory,
): Bids {
  const demands = samples.map((sample) => ({ ...sample, demand: demandOf(sample, measure) }))
  const share = (ordinal: number, halfLifeMs: number) => {
    const looking: Looking = { nowMs, halfLifeMs }
    return shareWanted(demands, ordinal, looking)
  }
  const bid = (part: number) =>
    full === null
      ? null
      : subtract(picos((full * BigInt(Math.round(part * MILLION))) / BigInt(MILLION)), energy)
  return {
    toStart: (ordinal) => bid(share(ordinal, shortMs)),
    toKeep: (ordinal) => bid(Math.max(share(ordinal, shortMs), share(ordinal, longMs))),
  }
}
