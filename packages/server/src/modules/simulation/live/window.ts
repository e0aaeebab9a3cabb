/** Clears the windows of a pool on the virtual clock, by the live auction: what is promised longest first, then plain spot. */
import { present } from '#kernel/assert.ts'
import { type Money, picos } from '#kernel/money.ts'
import type { Bid, ClearingRule } from '#modules/market/index.ts'
import type { LiveMarket } from './live-market.ts'
import type { LivePool } from './live-pool.ts'
import { keptSoon } from './look.ts'
import { saleOf } from './sale.ts'
import type { Stay } from './stay.ts'

const MILLION = 1_000_000
const HOUR_S = 3_600
const ASK_AGAIN_S = HOUR_S

function raised(amount: Money, ppm: number): Money {
  return picos((amount * BigInt(MILLION + ppm) + BigInt(MILLION) - 1n) / BigInt(MILLION))
}

/** A promise costs more by a published share. */
function ruleOf({ rules }: LiveMarket, { plan }: LivePool, promisedS: number): ClearingRule {
  const premium = promisedS === 0 ? 0 : (rules.bounds.premiumPpm[promisedS / HOUR_S] ?? 0)
  const { rule } = plan
  if (premium === 0) return rule
  return { ...rule, floor: raised(rule.floor, premium), ceiling: raised(rule.ceiling, premium) }
}

export function reserveNow(market: LiveMarket, pool: LivePool, promisedS: number) {
  const rule = ruleOf(market, pool, promisedS)
  const previous = pool.lastPrice.get(promisedS) ?? null
  const { capacity, freeTotal } = pool.book
  const utilisationPpm = Math.floor(((capacity - freeTotal) * MILLION) / capacity)
  const reserve = market.rules.reserveOf(rule, { utilisationPpm, previous })
  return { rule, previous, utilisationPpm, reserve }
}

/** Takes an order into the next window; one below the reserve of now is refused, and asks again after an hour. */
export function order(market: LiveMarket, stay: Stay): void {
  if (stay.state !== 'ordered') return
  const pool = market.poolOf(stay)
  const { reserve } = reserveNow(market, pool, stay.tenant.promisedS)
  if (present(stay.tenant.limit, 'the limit of an order') >= reserve) {
    stay.orderedS = market.nowS
    pool.orders.add(stay)
  } else market.refused.add(market.nowS + ASK_AGAIN_S, stay)
}

/** What others wait for that are of higher rank, or what the owner will want soon, is not sold. */
export function freeForSpot(market: LiveMarket, pool: LivePool): number {
  let waiting = 0
  for (const { tenant } of market.wanting)
    if (tenant.pool === pool.plan.name && tenant.kind !== 'spot' && tenant.kind !== 'flex')
      waiting += tenant.gpus
  return Math.max(0, pool.book.freeTotal - waiting - keptSoon(market, pool))
}

function bidOf({ tenant }: Stay): Bid {
  const { gpus, nodes, buyer, id } = tenant
  const limit = present(tenant.limit, 'the limit of an order')
  return { sequence: id, buyer, gpus, nodes, fabric: 'any', limit }
}

interface Round {
  readonly pool: LivePool
  readonly promisedS: number
  readonly orders: readonly Stay[]
}

function clearRound(market: LiveMarket, { pool, promisedS, orders }: Round): void {
  const { rules } = market
  const { rule, previous, utilisationPpm, reserve } = reserveNow(market, pool, promisedS)
  const bids = orders.map(bidOf)
  const eligible = bids.filter(({ limit }) => limit >= reserve).length
  const depth = rules.depthOf(rule, { bids: eligible, merged: rule.mergesMax })
  const free = freeForSpot(market, pool)
  const room = rules.makeSaleRoom(saleOf(market, pool))
  const gpusMax = Math.max(0, Math.min(free, room.left(promisedS * 1_000)))
  // Where nothing may be sold, or nobody bids enough, the placer is never asked.
  const supply = gpusMax > 0 && eligible > 0 ? pool.book.supply() : []
  const window = {
    ...{ rule, utilisationPpm, previous, gpusMax, bids },
    isQuoted: depth === 'quote',
  }
  const cleared = rules.clearWindow(window, rules.makePlacer(supply))
  pool.lastPrice.set(promisedS, cleared.price)
  market.trail.note('cleared', market.nowS, Number(cleared.price % 1_000_000_007n))
  pool.prices.push({
    ...{ atS: market.nowS, promisedS, price: cleared.price, reserve: cleared.reserve },
    ...{ gpusSold: cleared.figures.gpusSold, gpusOffered: gpusMax },
  })
  const bySequence = new Map(orders.map((stay) => [stay.tenant.id, stay]))
  for (const { bid, room } of cleared.accepted) {
    const placements = room.nodes.map((at) => {
      const nodeId = present(supply[at], 'a node of the supply').nodeId
      return { nodeId, slots: pool.book.slotsOf(nodeId).slice(0, room.slots) }
    })
    market.fill(present(bySequence.get(bid.sequence), 'an order'), cleared.price, placements)
  }
}

/** The windows that end now, of every pool in which somebody waits. */
export function clearWindows(market: LiveMarket): void {
  for (const pool of market.pools.values()) {
    if (pool.orders.size === 0) continue
    // Who comes as a window ends is in the next.
    const inTime = [...pool.orders].filter(({ orderedS }) => orderedS < market.nowS)
    const byPromise = Map.groupBy(inTime, ({ tenant }) => tenant.promisedS)
    const longestFirst = [...byPromise].toSorted(([a], [b]) => b - a)
    for (const [promisedS, orders] of longestFirst) clearRound(market, { pool, promisedS, orders })
  }
}
