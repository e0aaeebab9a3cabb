/**
 * The log of a clearing: all that decided it, without names, so that a buyer can compute it again. Pure.
 *
 * Buyers are numbered in the order in which they appear; a buyer finds its own bids by their place in the order.
 */
import type { Money } from '#kernel/money.ts'
import { type Clearing, clearWindow, type Refusal, type Window } from './auction.ts'
import type { Bid } from './bid.ts'
import type { Figures } from './figures.ts'
import { type FreeNode, TightPlacer } from './placer.ts'

/** So many nodes, one after another, with the same slots free on the same fabric. */
export interface NodeRun extends FreeNode {
  readonly count: number
}

export interface LoggedBid extends Omit<Bid, 'buyer'> {
  readonly buyer: number
  readonly outcome: 'accepted' | Refusal
}

export interface ClearingLog extends Omit<Window, 'bids'> {
  readonly nodes: readonly NodeRun[]
  /** By arrival. */
  readonly bids: readonly LoggedBid[]
  readonly reserve: Money
  readonly price: Money
  readonly figures: Figures
}

/** Neighbours that are alike, together. */
export function runsOf(nodes: readonly FreeNode[]): readonly NodeRun[] {
  const runs: { free: number; fabric: string | null; count: number }[] = []
  for (const { free, fabric } of nodes) {
    const last = runs.at(-1)
    if (last && last.free === free && last.fabric === fabric) last.count++
    else runs.push({ free, fabric, count: 1 })
  }
  return runs
}

function nodesOf(runs: readonly NodeRun[]): readonly FreeNode[] {
  return runs.flatMap(({ free, fabric, count }) =>
    Array.from({ length: count }, () => ({ free, fabric })),
  )
}

/** Writes down a window that was cleared over these nodes, in this order, by the tight placer. */
export function logOf<Room>(
  { bids, ...window }: Window,
  nodes: readonly FreeNode[],
  { reserve, price, figures, refused }: Clearing<Room>,
): ClearingLog {
  const refusals = new Map(refused.map(({ bid, why }) => [bid.sequence, why]))
  const numbers = new Map<string, number>()
  const logged = bids
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ buyer, ...bid }): LoggedBid => {
      const number = numbers.get(buyer) ?? numbers.size + 1
      numbers.set(buyer, number)
      return { ...bid, buyer: number, outcome: refusals.get(bid.sequence) ?? 'accepted' }
    })
  return { ...window, nodes: runsOf(nodes), bids: logged, reserve, price, figures }
}

function compareMoney(what: string, logged: bigint, computed: bigint): readonly string[] {
  return logged === computed ? [] : [`${what} is logged as ${logged}, and computes as ${computed}.`]
}

function compareFigures(logged: Figures, computed: Figures): readonly string[] {
  const names = Object.keys(computed) as (keyof Figures)[]
  return names.flatMap((name) =>
    logged[name] === computed[name]
      ? []
      : [`${name} is logged as ${logged[name]}, and computes as ${computed[name]}.`],
  )
}

/** Computes a clearing again from its log. Whatever differs is named; nothing where the log holds. */
export function verifyClearing(log: ClearingLog): readonly string[] {
  const bids = log.bids.map((each) => ({ ...each, buyer: `${each.buyer}` }))
  const again = clearWindow({ ...log, bids }, new TightPlacer(nodesOf(log.nodes)))
  const refusals = new Map(again.refused.map(({ bid, why }) => [bid.sequence, why]))
  const outcomes = log.bids.flatMap(({ sequence, outcome }) => {
    const computed = refusals.get(sequence) ?? 'accepted'
    return outcome === computed
      ? []
      : [`Bid ${sequence} is logged as ${outcome}, and computes as ${computed}.`]
  })
  return [
    ...compareMoney('The reserve', log.reserve, again.reserve),
    ...compareMoney('The price', log.price, again.price),
    ...outcomes,
    ...compareFigures(log.figures, again.figures),
  ]
}
