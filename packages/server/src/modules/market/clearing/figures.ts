/** What a clearing achieved, beside what it could have at most, and whom it treated paradoxically. Pure. */
import { type Money, picos } from '#kernel/money.ts'
import type { Bid } from './bid.ts'

export interface Figures {
  readonly gpusSold: number
  /** What accepted bidders would have paid above the reserve, per hour. */
  readonly surplusUsd: Money
  /** The same, if gangs could be cut at will. */
  readonly surplusBoundUsd: Money
  /** Lost because gangs are all or nothing, and have to fit onto nodes. */
  readonly surplusLostUsd: Money
  /** Passed over though they bid more than the lowest accepted bid. */
  readonly paradoxicallyRejected: number
  readonly paradoxicallyRejectedGpus: number
  /** Turned away above the price, because the price rose no further than it may. */
  readonly rationed: number
  readonly swaps: number
}

interface Outcome {
  readonly window: { readonly gpusMax: number }
  /** By falling price. */
  readonly eligible: readonly Bid[]
  readonly accepted: readonly { readonly bid: Bid }[]
  readonly refused: readonly { readonly bid: Bid; readonly why: string }[]
  readonly reserve: Money
  readonly price: Money
  readonly priceAsked: Money
}

/** The surplus of a market in which every gang could be cut: nothing achieves more. */
function boundOf({ window, eligible, reserve }: Outcome): bigint {
  let [left, sum] = [window.gpusMax, 0n]
  for (const { limit, gpus } of eligible) {
    if (left === 0) break
    const taken = Math.min(left, gpus)
    sum += (limit - reserve) * BigInt(taken)
    left -= taken
  }
  return sum
}

export function figuresOf(outcome: Outcome): Omit<Figures, 'swaps'> {
  const { accepted, refused, reserve, price, priceAsked } = outcome
  let [gpusSold, surplus] = [0, 0n]
  for (const { bid } of accepted) {
    gpusSold += bid.gpus
    surplus += (bid.limit - reserve) * BigInt(bid.gpus)
  }
  const [lowest] = accepted.slice(-1).map(({ bid }) => bid.limit)
  const passed = refused.filter(({ why }) => why === 'no_room')
  const paradoxical = passed.filter(({ bid }) => lowest !== undefined && bid.limit > lowest)
  const bound = boundOf(outcome)
  return {
    gpusSold,
    surplusUsd: picos(surplus),
    surplusBoundUsd: picos(bound),
    surplusLostUsd: picos(bound - surplus),
    paradoxicallyRejected: paradoxical.length,
    paradoxicallyRejectedGpus: paradoxical.reduce((sum, { bid }) => sum + bid.gpus, 0),
    rationed: passed.filter(({ bid }) => bid.limit > price && bid.limit <= priceAsked).length,
  }
}
