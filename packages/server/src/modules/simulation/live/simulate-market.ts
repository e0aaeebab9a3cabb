/**
 * One simulation of the live market: events on a virtual clock, at each of which the live market's own functions decide.
 * After the window nobody comes any more, and it goes on until nobody waits. The same order gives the same run; its hash
 * says so.
 */
import { assert } from '#kernel/assert.ts'
import { Hours } from './hour.ts'
import { LiveMarket, type MarketOrder } from './live-market.ts'
import { look } from './look.ts'
import type { Tenant, TokenDemand } from './tenant.ts'
import { Replicas, scale } from './tokens.ts'
import { clearWindows, order } from './window.ts'

/** Beyond the window, who waits is waited for; who does not start by then is counted as waiting. */
const DRAIN_S = 2 * 86_400
/** At one second; who has no notice makes one more. */
const PASSES_MAX = 1_000

export interface LiveCourse extends MarketOrder {
  /** By time of submission. */
  readonly tenants: readonly Tenant[]
  readonly tokens: readonly TokenDemand[]
  /** Told of the virtual time now and then. */
  readonly onProgress?: (fraction: number) => void
}

export interface LiveOutcome {
  readonly market: LiveMarket
  readonly hours: Hours
  readonly replicas: readonly Replicas[]
}

class LiveClock {
  readonly market: LiveMarket
  readonly hours: Hours
  readonly replicas: readonly Replicas[]
  readonly #tenants: readonly Tenant[]
  readonly #periodS: number
  readonly #beatS: number
  #arrived = 0
  #nextId: number
  readonly #scaleEveryS: number
  #scaledS = 0
  #clearedS = 0

  constructor(course: LiveCourse) {
    const { tenants, tokens, rules } = course
    this.market = new LiveMarket(course)
    this.#tenants = tenants
    this.#nextId = tenants.length
    const nextId = () => this.#nextId++
    this.replicas = tokens.map((each, at) => new Replicas(this.market, each, { at, nextId }))
    this.hours = new Hours(this.market, (pool) =>
      this.replicas.filter(({ demand }) => demand.pool === pool).flatMap(({ worths }) => worths),
    )
    this.#scaleEveryS = rules.bounds.scaling.everyMs / 1_000
    this.#periodS = rules.bounds.windowMs / 1_000
    this.#beatS = rules.bounds.lookEveryMs / 1_000
  }

  get #isOver(): boolean {
    return this.market.nowS >= this.market.windowS
  }

  /** The next second at which something may happen; infinite when all is done. */
  nextS(): number {
    const { due, leaving, refused, nowS, windowS, wanting, pools } = this.market
    const isOrdered = [...pools.values()].some(({ orders }) => orders.size > 0)
    if (this.#isOver && !isOrdered && wanting.size === 0) return Infinity
    const after = (periodS: number) => (Math.floor(nowS / periodS) + 1) * periodS
    return Math.min(
      ...[Math.max(0, this.#tenants[this.#arrived]?.submitS ?? Infinity), due.nextS],
      ...[leaving.nextS, refused.nextS, isOrdered ? after(this.#periodS) : Infinity],
      this.#isBusy ? after(this.#beatS) : Infinity,
      this.hours.nextS,
      ...(this.#isOver ? [] : [windowS]),
      ...(this.#isOver || this.replicas.length === 0 ? [] : [this.#scaledS + this.#scaleEveryS]),
    )
  }

  get #isBusy(): boolean {
    const { wanting, pools, running } = this.market
    if (wanting.size > 0) return true
    return running.size > 0 && [...pools.values()].some(({ hasChanged }) => hasChanged)
  }

  /** From the start to the end of the window. */
  #isScalingDue(toS: number): boolean {
    const { windowS } = this.market
    return toS <= windowS && (toS === 0 || toS - this.#scaledS >= this.#scaleEveryS)
  }

  step(toS: number): void {
    const { market } = this
    if (toS > market.nowS) market.advance(toS)
    market.finishDue()
    while (this.hours.nextS <= toS) this.hours.end()
    if (this.replicas.length > 0 && this.#isScalingDue(toS)) {
      this.#scaledS = toS
      scale(market, this.replicas)
    }
    for (
      let tenant = this.#tenants[this.#arrived];
      tenant && tenant.submitS <= toS;
      tenant = this.#tenants[++this.#arrived]
    ) {
      const stay = market.submit(tenant)
      if (tenant.limit !== null) order(market, stay)
    }
    while (market.refused.nextS <= toS) {
      const stay = market.refused.take()
      if (stay) order(market, stay)
    }
    look(market)
    // Who goes without a notice is gone before anything else is decided.
    while (market.due.nextS <= toS) {
      market.finishDue()
      look(market)
    }
    if (toS % this.#periodS !== 0 || toS === this.#clearedS) return
    this.#clearedS = toS
    clearWindows(market)
  }
}

/** Runs it to its end. */
export function simulateMarket(course: LiveCourse): LiveOutcome {
  const clock = new LiveClock(course)
  const { market, hours, replicas } = clock
  let [told, passes] = [0, 0]
  clock.step(0)
  for (let nextS = clock.nextS(); nextS <= course.windowS + DRAIN_S; nextS = clock.nextS()) {
    passes = nextS > market.nowS ? 0 : passes + 1
    assert(passes < PASSES_MAX, 'the virtual clock goes on')
    clock.step(nextS)
    const fraction = Math.min(1, nextS / course.windowS)
    if (course.onProgress && fraction - told >= 0.01) course.onProgress((told = fraction))
  }
  market.close()
  return { market, hours, replicas }
}
