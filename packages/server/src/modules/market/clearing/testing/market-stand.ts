/** Bids, nodes and windows for tests of the auction. */
import { money, type Money, picos } from '#kernel/money.ts'
import type { Window } from '../auction.ts'
import type { Bid } from '../bid.ts'
import type { FreeNode } from '../placer.ts'
import type { ClearingRule } from '../rule.ts'

export const dollars = (text: string): Money => money(text)

export const RULE: ClearingRule = {
  floor: dollars('0.20'),
  ceiling: dollars('2'),
  kneePpm: 500_000,
  movePpm: 1_000_000,
  depthMin: 1,
  mergesMax: 0,
  concentrationPpm: 1_000_000,
  swapsMax: 8,
}

export function bid(asked: Partial<Bid> & Pick<Bid, 'sequence'>): Bid {
  const buyer = `buyer ${asked.sequence}`
  return { buyer, gpus: 1, nodes: 1, fabric: 'any', limit: dollars('1'), ...asked }
}

export function nodesOf(count: number, free: number, fabric: string | null = null): FreeNode[] {
  return Array.from({ length: count }, () => ({ free, fabric }))
}

export function windowOf(bids: readonly Bid[], more: Partial<Window> = {}): Window {
  const window = { rule: RULE, utilisationPpm: 0, previous: null, gpusMax: 8, isQuoted: false }
  return { ...window, bids, ...more }
}

/** The same bids for the same seed. */
export function drawBids(count: number, seed: number): Bid[] {
  let state = (seed * 2_654_435_761 + 12_345) % 4_294_967_296
  const draw = (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * below)
  }
  return Array.from({ length: count }, (_, sequence) => {
    const nodes = draw(6) === 0 ? 2 : 1
    const gpus = nodes * (1 + draw(8))
    const limit = picos(BigInt(5 + draw(300)) * 10_000_000_000n)
    return bid({ sequence, buyer: `b${draw(9)}`, gpus, nodes, limit })
  })
}
