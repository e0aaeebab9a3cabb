/**
 * Computes a clearing again from its public log alone: who wins, at which price, and the figures. Written from the guide,
 * apart from the server, which it asks nothing. Pure.
 */
import type { ClearingLog } from '@spillway/contract'
import { ceilingOf, least, most, picosOf, renderPicos } from './amount.ts'
import { figuresOf } from './figures.ts'
import { Nodes, type Room } from './nodes.ts'
import type { Bid, Sale } from './sale.ts'

const MILLION = 1_000_000n

/** By the formula, no further from the last price than it may move, and never below the floor. */
function reserveOf({ rule, utilisationPpm, previousUsd }: ClearingLog): bigint {
  const [floor, ceiling] = [picosOf(rule.floorUsd), picosOf(rule.ceilingUsd)]
  const above = BigInt(utilisationPpm - rule.kneePpm)
  const rises = above > 0n && ceiling > floor
  const span = MILLION - BigInt(rule.kneePpm)
  const asked = rises ? floor + ceilingOf((ceiling - floor) * above, span) : floor
  if (previousUsd === null) return asked
  const last = picosOf(previousUsd)
  const step = ceilingOf(last * BigInt(rule.movePpm), MILLION)
  return most(floor, least(last + step, most(last - step, asked)))
}

function compareBids(a: Bid, b: Bid): number {
  if (a.limit !== b.limit) return a.limit > b.limit ? -1 : 1
  return a.sequence - b.sequence
}

/** Sells a window to its bids, step by step as the guide has it. */
class Seller {
  readonly sale: Sale
  readonly #nodes: Nodes
  readonly #shareMax: number
  readonly #swapsMax: number
  readonly #soldTo = new Map<number, number>()
  #sold = 0

  constructor(log: ClearingLog, sale: Sale) {
    this.sale = sale
    this.#nodes = new Nodes(log.nodes)
    const share = BigInt(log.gpusMax) * BigInt(log.rule.concentrationPpm)
    this.#shareMax = Number(share / MILLION)
    this.#swapsMax = log.rule.swapsMax
  }

  run(): void {
    for (const bid of this.sale.bids)
      if (this.#passesShare(bid)) this.sale.refused.set(bid, 'concentration')
      else if (!this.#accept(bid)) this.sale.refused.set(bid, 'no_room')
    this.#swapAll()
    for (const bid of this.sale.bids) if (this.sale.refused.has(bid)) this.#accept(bid)
  }

  #passesShare({ gpus, buyer }: Bid): boolean {
    return gpus <= this.sale.gpusMax && (this.#soldTo.get(buyer) ?? 0) + gpus > this.#shareMax
  }

  #accept(bid: Bid): boolean {
    if (this.#sold + bid.gpus > this.sale.gpusMax) return false
    const room = this.#nodes.take(bid)
    if (room !== null) this.#keep(bid, room)
    return room !== null
  }

  #count({ buyer }: Bid, gpus: number): void {
    this.#sold += gpus
    this.#soldTo.set(buyer, (this.#soldTo.get(buyer) ?? 0) + gpus)
  }

  #keep(bid: Bid, room: Room): void {
    this.sale.rooms.set(bid, room)
    this.sale.refused.delete(bid)
    this.#count(bid, bid.gpus)
  }

  #drop(bid: Bid, room: Room): void {
    this.#nodes.giveBack(room)
    this.sale.rooms.delete(bid)
    this.sale.refused.set(bid, 'no_room')
    this.#count(bid, -bid.gpus)
  }

  #worth({ limit, gpus }: Bid): bigint {
    return (limit - this.sale.reserve) * BigInt(gpus)
  }

  /** The largest that were passed over, once each. */
  #swapAll(): void {
    const { bids, rooms, refused, gpusMax } = this.sale
    const cheapestFirst = bids.filter((bid) => rooms.has(bid)).toReversed()
    const passed = bids
      .filter((bid) => refused.get(bid) === 'no_room' && bid.gpus <= gpusMax)
      .toSorted((a, b) => {
        const [left, right] = [this.#worth(a), this.#worth(b)]
        if (left !== right) return left > right ? -1 : 1
        return compareBids(a, b)
      })
    for (const bid of passed.slice(0, this.#swapsMax))
      if (!this.#passesShare(bid)) this.#swap(bid, cheapestFirst)
  }

  /** The cheapest make way while together they are worth less; where that does not do, all get back what they had. */
  #swap(candidate: Bid, cheapestFirst: readonly Bid[]): void {
    const gone: (readonly [Bid, Room])[] = []
    let left = this.#worth(candidate)
    for (const bid of cheapestFirst) {
      const room = this.sale.rooms.get(bid)
      if (room === undefined) continue
      left -= this.#worth(bid)
      if (left <= 0n) break
      this.#drop(bid, room)
      gone.push([bid, room])
      if (!this.#accept(candidate)) continue
      this.sale.swaps++
      return
    }
    for (const [bid, room] of gone.toReversed()) {
      this.#nodes.takeAgain(room)
      this.#keep(bid, room)
    }
  }
}

/** The lowest accepted limit where somebody that could have fitted was turned away; otherwise the reserve. */
function askedPriceOf({ isQuoted }: ClearingLog, { rooms, refused, reserve, gpusMax }: Sale) {
  const isShort = [...refused.keys()].some(({ gpus }) => gpus <= gpusMax)
  if (isQuoted || !isShort || rooms.size === 0) return reserve
  return [...rooms.keys()].map(({ limit }) => limit).reduce(least)
}

function priceOf({ rule, previousUsd }: ClearingLog, asked: bigint, reserve: bigint): bigint {
  if (previousUsd === null) return most(reserve, asked)
  const last = picosOf(previousUsd)
  const step = ceilingOf(last * BigInt(rule.movePpm), MILLION)
  return most(reserve, least(asked, last + step))
}

function compute(log: ClearingLog) {
  const reserve = reserveOf(log)
  const all = log.bids.map(({ limitUsd, ...bid }) => ({ ...bid, limit: picosOf(limitUsd) }))
  const bids = all.filter(({ limit }) => limit >= reserve).toSorted(compareBids)
  const { gpusMax } = log
  const sale: Sale = { gpusMax, reserve, bids, rooms: new Map(), refused: new Map(), swaps: 0 }
  new Seller(log, sale).run()
  const priceAsked = askedPriceOf(log, sale)
  const price = priceOf(log, priceAsked, reserve)
  const ofBid = new Map(bids.map((bid) => [bid.sequence, bid]))
  const outcomeOf = (sequence: number) => {
    const bid = ofBid.get(sequence)
    if (bid === undefined) return 'below_reserve'
    return sale.rooms.has(bid) ? 'accepted' : (sale.refused.get(bid) ?? 'no_room')
  }
  return { reserve, price, outcomeOf, figures: figuresOf(sale, { price, priceAsked }) }
}

function differ(what: string, logged: string | number, computed: string | number): string[] {
  return logged === computed ? [] : [`${what} is logged as ${logged}, and computes as ${computed}.`]
}

function differAmount(what: string, logged: string, computed: bigint): string[] {
  return differ(what, renderPicos(picosOf(logged)), renderPicos(computed))
}

/** Where a log differs from what it computes to, as sentences; none where it holds. */
export function findDifferences(log: ClearingLog): readonly string[] {
  const { reserve, price, outcomeOf, figures } = compute(log)
  const logged = log.figures
  const amounts = ['surplusUsd', 'surplusBoundUsd', 'surplusLostUsd'] as const
  const counts = [
    ...(['gpusSold', 'paradoxicallyRejected', 'paradoxicallyRejectedGpus'] as const),
    ...(['rationed', 'swaps'] as const),
  ]
  return [
    ...differAmount('The reserve', log.reserveUsd, reserve),
    ...differAmount('The price', log.priceUsd, price),
    ...log.bids.flatMap(({ sequence, outcome }) =>
      differ(`Bid ${sequence}`, outcome, outcomeOf(sequence)),
    ),
    ...amounts.flatMap((name) => differAmount(name, logged[name], figures[name])),
    ...counts.flatMap((name) => differ(name, logged[name], figures[name])),
  ]
}
