/**
 * Clears one window of one pool: a sealed uniform-price call auction of all-or-nothing gangs. Pure but for the placer,
 * which is asked before anything is accepted.
 *
 * Bids go by unit price, then by arrival; a gang that does not fit is passed over. Who wants more than one buyer may
 * get waits until the others had their turn. Then the largest of those passed over are tried, once each, in the place of
 * the cheapest that were accepted, which make way where together they are worth less; and what is left is offered
 * once more to everybody, in order.
 */
import { assert } from '#kernel/assert.ts'
import { type Money, picos } from '#kernel/money.ts'
import { type Bid, compareBids, findBidFaults } from './bid.ts'
import { type Figures, figuresOf } from './figures.ts'
import type { Placer } from './placer.ts'
import { type ClearingRule, MILLION, reserveAt, reserveOf, smooth } from './rule.ts'

/** Why a bid got nothing. `concentration`: its buyer had its share, and others wanted the rest. */
export type Refusal = 'below_reserve' | 'no_room' | 'concentration'

export interface Window {
  readonly rule: ClearingRule
  /** How much of the pool is in use before the window, in millionths. */
  readonly utilisationPpm: number
  /** The price of the window before; null where there was none. */
  readonly previous: Money | null
  /** What may be sold at most. */
  readonly gpusMax: number
  /** Thin, and sold at the reserve. */
  readonly isQuoted: boolean
  readonly bids: readonly Bid[]
}

export interface Accepted<Room> {
  readonly bid: Bid
  readonly room: Room
}

export interface Refused {
  readonly bid: Bid
  readonly why: Refusal
}

export interface Clearing<Room> {
  /** By the formula alone. */
  readonly reserveAsked: Money
  /** The one that held: moved no further than the rule lets it. */
  readonly reserve: Money
  /** What every accepted bid pays per GPU-hour; without any, what the next one would. */
  readonly price: Money
  /** What the bids alone would have made of it. */
  readonly priceAsked: Money
  /** In the order of `compareBids`. */
  readonly accepted: readonly Accepted<Room>[]
  readonly refused: readonly Refused[]
  readonly figures: Figures
}

function shapeOf({ gpus, nodes, fabric }: Bid): string {
  return `${gpus}/${nodes}/${fabric}`
}

function worthOf({ limit, gpus }: Bid, reserve: Money): bigint {
  return (limit - reserve) * BigInt(gpus)
}

interface Rated {
  readonly bid: Bid
  readonly worth: bigint
}

/** The most surplus first; of equals, as bids go. */
function compareWorth(a: Rated, b: Rated): number {
  if (a.worth !== b.worth) return a.worth > b.worth ? -1 : 1
  return compareBids(a.bid, b.bid)
}

/** A window under way: who has which room so far, and who was refused. */
class Round<Room> {
  readonly #placer: Placer<Room>
  readonly #gpusMax: number
  readonly #reserve: Money
  readonly #shareMax: number
  readonly rooms = new Map<Bid, Room>()
  readonly refused = new Map<Bid, Refusal>()
  readonly #gpusOf = new Map<string, number>()
  /** Shapes that found no room; forgotten when room is given back. */
  readonly #full = new Set<string>()
  sold = 0
  swaps = 0

  constructor({ rule, gpusMax }: Window, reserve: Money, placer: Placer<Room>) {
    this.#placer = placer
    this.#gpusMax = gpusMax
    this.#reserve = reserve
    this.#shareMax = Math.floor((gpusMax * rule.concentrationPpm) / MILLION)
  }

  #isOverShare({ buyer, gpus }: Bid): boolean {
    return gpus <= this.#gpusMax && (this.#gpusOf.get(buyer) ?? 0) + gpus > this.#shareMax
  }

  /** Asks for room, and keeps it. */
  #accept(bid: Bid): boolean {
    if (this.sold + bid.gpus > this.#gpusMax) return false
    const shape = shapeOf(bid)
    if (this.#full.has(shape)) return false
    const room = this.#placer.place(bid)
    if (room === null) this.#full.add(shape)
    else this.#keep(bid, room)
    return room !== null
  }

  #keep(bid: Bid, room: Room): void {
    this.rooms.set(bid, room)
    this.refused.delete(bid)
    this.sold += bid.gpus
    this.#gpusOf.set(bid.buyer, (this.#gpusOf.get(bid.buyer) ?? 0) + bid.gpus)
  }

  #drop(bid: Bid, room: Room): void {
    this.#placer.release(room)
    this.rooms.delete(bid)
    this.refused.set(bid, 'no_room')
    this.sold -= bid.gpus
    this.#gpusOf.set(bid.buyer, (this.#gpusOf.get(bid.buyer) ?? 0) - bid.gpus)
    this.#full.clear()
  }

  /** Each in turn; who has its share already is left for later. */
  offer(bids: readonly Bid[]): void {
    for (const bid of bids)
      if (this.#isOverShare(bid)) this.refused.set(bid, 'concentration')
      else if (!this.#accept(bid)) this.refused.set(bid, 'no_room')
  }

  /** What swaps and shares left over goes to whoever still wants it, in order. */
  offerRest(eligible: readonly Bid[]): void {
    for (const bid of eligible) if (this.refused.has(bid)) this.#accept(bid)
  }

  /** The largest that were passed over, once each, against the cheapest that were not. */
  swap(eligible: readonly Bid[], swapsMax: number): void {
    const cheapestFirst = eligible.filter((bid) => this.rooms.has(bid)).toReversed()
    const passed = eligible
      .filter((bid) => this.refused.get(bid) === 'no_room')
      .filter(({ gpus }) => gpus <= this.#gpusMax)
      .map((bid) => ({ bid, worth: worthOf(bid, this.#reserve) }))
      .sort((a, b) => compareWorth(a, b))
    for (const { bid } of passed.slice(0, swapsMax))
      if (!this.#isOverShare(bid)) this.#trySwap(bid, cheapestFirst)
  }

  #trySwap(candidate: Bid, cheapestFirst: readonly Bid[]): void {
    const dropped: [Bid, Room][] = []
    let left = worthOf(candidate, this.#reserve)
    for (const bid of cheapestFirst) {
      const room = this.rooms.get(bid)
      if (room === undefined) continue
      left -= worthOf(bid, this.#reserve)
      if (left <= 0n) break
      this.#drop(bid, room)
      dropped.push([bid, room])
      if (!this.#accept(candidate)) continue
      this.swaps++
      return
    }
    // Nothing gained: everybody gets back exactly what it had.
    for (const [bid, room] of dropped.toReversed()) {
      this.#placer.restore(room)
      this.#keep(bid, room)
    }
  }
}

/** Without anybody turned away for room, the price is the reserve; else the lowest accepted bid. */
function askedPrice<Room>(
  { isQuoted, gpusMax }: Window,
  reserve: Money,
  round: Round<Room>,
): Money {
  let isShort = false
  for (const { gpus } of round.refused.keys()) isShort ||= gpus <= gpusMax
  if (isQuoted || !isShort || round.rooms.size === 0) return reserve
  let lowest: bigint | null = null
  for (const { limit } of round.rooms.keys()) if (lowest === null || limit < lowest) lowest = limit
  return picos(lowest ?? reserve)
}

/** Who gets what in a window, and at which price. Bids that make no sense are a defect: refuse them when they come. */
export function clearWindow<Room>(window: Window, placer: Placer<Room>): Clearing<Room> {
  const { rule, bids, previous, gpusMax } = window
  assert(Number.isSafeInteger(gpusMax) && gpusMax >= 0, 'supply is a whole number of GPUs')
  for (const bid of bids) assert(findBidFaults(bid).length === 0, 'a bid without faults')
  const reserve = reserveOf(rule, window)
  const sorted = bids.toSorted(compareBids)
  const border = sorted.findIndex(({ limit }) => limit < reserve)
  const eligible = border < 0 ? sorted : sorted.slice(0, border)
  const round = new Round(window, reserve, placer)
  round.offer(eligible)
  round.swap(eligible, rule.swapsMax)
  round.offerRest(eligible)
  const priceAsked = askedPrice(window, reserve, round)
  const price = smooth(rule, { asked: priceAsked, reserve, previous })
  const accepted: Accepted<Room>[] = []
  const refused: Refused[] = []
  for (const bid of sorted) {
    const room = round.rooms.get(bid)
    if (room === undefined) refused.push({ bid, why: round.refused.get(bid) ?? 'below_reserve' })
    else accepted.push({ bid, room })
  }
  const figures = figuresOf({ window, eligible, accepted, refused, reserve, price, priceAsked })
  const reserveAsked = reserveAt(rule, window.utilisationPpm)
  return {
    ...{ reserveAsked, reserve, price, priceAsked, accepted, refused },
    figures: { ...figures, swaps: round.swaps },
  }
}
