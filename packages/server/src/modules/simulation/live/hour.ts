/** What happens once an hour on the simulated live market: forecasts, the rate of promises, and the worth of an hour. */
import type { Money } from '#kernel/money.ts'
import type { DemandSeries, HourlyDesk, Kept, TierSurplus, Worth } from '#modules/market/index.ts'
import { hourLine } from './hour-line.ts'
import type { LiveMarket } from './live-market.ts'
import type { LivePool } from './live-pool.ts'
import { saleOf } from './sale.ts'

const HOUR_S = 3_600
const HOUR_MS = 3_600_000
/** As live: one answer to what happened in a day. */
const RATE_EVERY_HOURS = 24

/** What was forecast of the next hour at its beginning, and what came. */
export interface ForecastPoint {
  readonly atS: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** What an hour of a GPU was worth, and how much of each tier there was. */
export interface WorthPoint {
  readonly atS: number
  readonly pool: string
  readonly price: Money
  readonly gpusForSale: number
  readonly stack: readonly (Worth & { readonly isServed: boolean })[]
}

/** What could be sold of a pool, tier by tier. */
export interface SupplyPoint {
  readonly atS: number
  readonly pool: string
  readonly tiers: readonly TierSurplus[]
}

export class Hours {
  readonly #market: LiveMarket
  readonly #desk: HourlyDesk
  readonly #worthsOfReplicas: (pool: string) => readonly Worth[]
  readonly forecasts = new Map<string, ForecastPoint[]>()
  readonly worths: WorthPoint[] = []
  readonly supplies: SupplyPoint[] = []
  #count = 0

  constructor(market: LiveMarket, worthsOfReplicas: (pool: string) => readonly Worth[]) {
    this.#market = market
    this.#desk = market.rules.makeDesk()
    this.#worthsOfReplicas = worthsOfReplicas
    // What is known at the start is forecast from at once.
    this.#forecast()
  }

  /** When the next one ends. */
  get nextS(): number {
    return (this.#count + 1) * HOUR_S
  }

  end(): void {
    this.#count++
    for (const pool of this.#market.pools.values()) pool.endHour()
    // What may be sold is another amount now.
    this.#market.hasNews = true
    this.#forecast()
    for (const pool of this.#market.pools.values()) {
      this.#appraise(pool)
      const { nowS: atS } = this.#market
      const { tiers } = saleOf(this.#market, pool)
      this.supplies.push({ atS, pool: pool.plan.name, tiers })
    }
    if (this.#count % RATE_EVERY_HOURS !== 0) return
    const kept = this.#desk.takeKept()
    for (const [at, pool] of [...this.#market.pools.values()].entries())
      this.#adjust(pool, kept[at] ?? { promises: 0, breaches: 0 })
  }

  #forecast(): void {
    const { pools, startMs, nowS, rules } = this.#market
    const all = [...pools.values()]
    const hours = all[0]?.hours.length ?? 0
    if (hours === 0) return
    const series = all.map(({ plan, book, hours: demand }): DemandSeries => ({
      ...{ name: plan.name, capacity: book.capacity, demand: Float64Array.from(demand) },
      startMs: startMs + nowS * 1_000 - hours * HOUR_MS,
    }))
    for (const [at, forecasts] of this.#desk.next(series).entries()) {
      const pool = all[at]
      const peak = forecasts[0]?.peak
      if (!pool || !peak) continue
      pool.forecasts = forecasts
      const points = this.forecasts.get(pool.plan.name) ?? []
      this.forecasts.set(pool.plan.name, points)
      const quantile = (level: number) => rules.quantileOf(peak, level)
      points.push({ atS: nowS, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) })
    }
  }

  /** Fewer promises when too many broke, more again when few did and somebody waits. */
  #adjust(pool: LivePool, offered: Kept): void {
    const { rules, nowS } = this.#market
    const ended = offered.promises + pool.promises.ended
    const broken = offered.breaches + pool.promises.broken
    let headWaitS = 0
    for (const { tenant, waitingSinceS } of pool.orders)
      if (tenant.promisedS > 0) headWaitS = Math.max(headWaitS, nowS - waitingSinceS)
    const breachShare = ended === 0 ? null : broken / ended
    pool.eta = rules.nextEta(pool.eta, { breachShare, headWaitMs: headWaitS * 1_000 })
    Object.assign(pool.promises, { ended: 0, broken: 0 })
  }

  /** Everybody who wants some, by what an hour is worth to him. */
  #appraise(pool: LivePool): void {
    const { rules, nowS } = this.#market
    const { name } = pool.plan
    const { worths, gpus, reserve } = hourLine(this.#market, pool)
    const all = [...worths, ...this.#worthsOfReplicas(name)]
    const { price, stack } = rules.benchmarkOf(all, { gpus, reserve })
    this.worths.push({ atS: nowS, pool: name, price, gpusForSale: gpus, stack })
  }
}
