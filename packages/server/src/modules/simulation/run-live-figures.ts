/** The figures of a run of the live market, and its market through time, for tables and charts. Pure. */
import { type Money, renderMoney } from '#kernel/money.ts'
import type { WorthPoint } from './live/hour.ts'
import type { LivePool, PricePoint } from './live/live-pool.ts'
import type { LiveOutcome } from './live/simulate-market.ts'
import { SOLD_TIERS, type SoldTier } from './live/tenant.ts'
import type { PlannedVariant } from './plan.ts'
import { type AccountOfPool, booksOf, capacityOf, inUsd, reservedGpus } from './run-books.ts'
import { netOf, revenuesOf } from './run-live.ts'
import type { MarketView, RunResult } from './run-result.ts'
import { spreadOf } from './summary.ts'
import { TIMELINE_STEPS } from './timeline.ts'

const HOUR_S = 3_600

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length
}

/** For figures and charts; what is paid stays exact. */
function asNumber(amount: Money): number {
  return Number(renderMoney(amount))
}

function countsOf({ market }: LiveOutcome, tiers: readonly SoldTier[]) {
  const all = [...market.pools.values()].flatMap(({ tally }) =>
    tiers.map((tier) => tally.byTier[tier]),
  )
  const sum = (what: 'runs' | 'evictions' | 'broken' | 'turnedAway' | 'usefulGpuS' | 'heldGpuS') =>
    all.reduce((total, counts) => total + counts[what], 0)
  return { sum }
}

/** How long those waited that started, who came within the window. */
function waitsOf({ market }: LiveOutcome, tiers: readonly (SoldTier | null)[]) {
  const waits = market.stays
    .filter(({ tier, tenant }) => tiers.includes(tier) && tenant.submitS >= 0)
    .filter(({ runs }) => runs > 0)
    .map(({ queuedS }) => queuedS)
  return spreadOf(waits)
}

/** What an hour of a GPU cost in the windows, by what was sold in each; without any, what the next would have paid. */
function clearedPrice(points: readonly PricePoint[], windowS: number): number {
  const within = points.filter(({ atS, promisedS }) => atS < windowS && promisedS === 0)
  const sold = within.reduce((sum, { gpusSold }) => sum + gpusSold, 0)
  if (sold === 0) return meanOf(within.map(({ price }) => asNumber(price)))
  return within.reduce((sum, { price, gpusSold }) => sum + asNumber(price) * gpusSold, 0) / sold
}

function coveredShare(outcome: LiveOutcome): number {
  const all = [...outcome.market.pools.values()].flatMap((pool) => {
    const { p90Gpus, cameGpus } = forecastOf(outcome, pool)
    return cameGpus.map((came, at) => Number(came <= (p90Gpus[at] ?? 0) + 1e-9))
  })
  return meanOf(all)
}

function forecastOf({ hours, market }: LiveOutcome, pool: LivePool): MarketView['forecast'] {
  const count = Math.floor(market.windowS / HOUR_S)
  const points = (hours.forecasts.get(pool.plan.name) ?? []).slice(0, count)
  const round = (value: number) => Math.round(10 * value) / 10
  return {
    likelyGpus: points.map(({ p50 }) => round(p50)),
    p90Gpus: points.map(({ p90 }) => round(p90)),
    p99Gpus: points.map(({ p99 }) => round(p99)),
    cameGpus: pool.hours.slice(pool.plan.history.length).slice(0, points.length),
  }
}

interface Point {
  readonly atS: number
  readonly value: number
}

/** The mean of each step, to so many parts of one; null where there is no point. */
function byStep(
  points: readonly Point[],
  windowS: number,
  precision: number,
): readonly (number | null)[] {
  const stepS = windowS / TIMELINE_STEPS
  const steps = Array.from({ length: TIMELINE_STEPS }, (): number[] => [])
  for (const { atS, value } of points) steps[Math.floor(atS / stepS)]?.push(value)
  return steps.map((all) =>
    all.length === 0 ? null : Math.round(precision * meanOf(all)) / precision,
  )
}

const USD_PRECISION = 1e6
const GPU_PRECISION = 10

function priceOf(
  { market }: LiveOutcome,
  pool: LivePool,
  worths: readonly WorthPoint[],
): MarketView['price'] {
  const { windowS } = market
  const plain = pool.prices.filter(({ promisedS }) => promisedS === 0)
  const usd = (points: readonly { readonly atS: number; readonly price: Money }[]) =>
    byStep(
      points.map(({ atS, price }) => ({ atS, value: asNumber(price) })),
      windowS,
      USD_PRECISION,
    )
  return {
    stepHours: windowS / TIMELINE_STEPS / HOUR_S,
    clearedUsd: usd(plain),
    reserveUsd: usd(plain.map(({ atS, reserve }) => ({ atS, price: reserve }))),
    benchmarkUsd: usd(worths),
  }
}

/** Tiers are those of the last hour: all that the pool's forecasts lead to. */
function supplyOf({ market, hours }: LiveOutcome, pool: LivePool): MarketView['supply'] {
  const { windowS } = market
  const points = hours.supplies.filter((each) => each.pool === pool.plan.name)
  return {
    stepHours: windowS / TIMELINE_STEPS / HOUR_S,
    tiers: (points.at(-1)?.tiers ?? []).map(({ tier, hours: promised }) => {
      const own = points.flatMap(({ atS, tiers }) => {
        const found = tiers.find((each) => each.tier === tier && each.hours === promised)
        return found ? [{ atS, value: found.placeableGpus }] : []
      })
      return { tier, hours: promised, gpus: byStep(own, windowS, GPU_PRECISION) }
    }),
  }
}

function viewOf(outcome: LiveOutcome, pool: LivePool): MarketView {
  const worths = outcome.hours.worths.filter((each) => each.pool === pool.plan.name)
  const middle = worths[Math.floor(worths.length / 2)]
  return {
    pool: pool.plan.name,
    forecast: forecastOf(outcome, pool),
    price: priceOf(outcome, pool, worths),
    supply: supplyOf(outcome, pool),
    stack: middle
      ? {
          ...{ atHours: middle.atS / HOUR_S, gpusForSale: middle.gpusForSale },
          usdPerGpuHour: asNumber(middle.price),
          items: middle.stack.map(({ kind, gpus, worth, isServed }) => ({
            ...{ kind, gpus, usdPerGpuHour: asNumber(worth), isServed },
          })),
        }
      : null,
  }
}

function moneyFigures(variant: PlannedVariant, outcome: LiveOutcome) {
  const { byTier, credits } = revenuesOf(outcome)
  const whole = (amount: Money) => inUsd(amount * BigInt(variant.scale))
  return {
    on_demand_revenue_usd: whole(byTier.on_demand),
    guaranteed_revenue_usd: whole(byTier.guaranteed),
    spot_revenue_usd: whole(byTier.spot),
    flex_revenue_usd: whole(byTier.flex),
    token_revenue_usd: whole(byTier.serving),
    credits_usd: whole(credits),
  }
}

function usedFigures(variant: PlannedVariant, outcome: LiveOutcome) {
  const { windowS } = outcome.market
  const capacity = capacityOf(variant)
  const total = capacity * windowS
  const sold = countsOf(outcome, SOLD_TIERS)
  const pools = [...outcome.market.pools.values()]
  const anchor = (what: 'heldGpuS' | 'usefulGpuS') =>
    pools.reduce((sum, { tally }) => sum + tally.byTier.anchor[what], 0)
  const reservedS = reservedGpus(variant) * windowS
  const soldS = sold.sum('usefulGpuS') + reservedS
  return {
    utilisation: (anchor('heldGpuS') + sold.sum('heldGpuS') + reservedS) / total,
    useful_utilisation: (anchor('usefulGpuS') + soldS) / total,
    sold_share: soldS / total,
    sold_gpu_hours: (soldS / HOUR_S) * variant.scale,
  }
}

function figuresOf(
  variant: PlannedVariant,
  outcome: LiveOutcome,
  accountOfPool: AccountOfPool,
): Record<string, number> {
  const { market, hours } = outcome
  const sold = countsOf(outcome, SOLD_TIERS)
  const guaranteed = countsOf(outcome, ['guaranteed'])
  const buyers = countsOf(outcome, ['on_demand', 'guaranteed', 'spot', 'flex'])
  const spot = waitsOf(outcome, ['spot', 'guaranteed'])
  const anchor = waitsOf(outcome, [null])
  const share = (part: number, of: number) => (of === 0 ? 0 : part / of)
  const pools = [...market.pools.values()]
  const runs = variant.pools.map((pool) => {
    const byTier = market.pools.get(pool.name)?.tally.byTier
    const of = (tier: SoldTier) => byTier?.[tier].heldGpuS ?? 0
    const heldGpuS = {
      ...{ anchor: byTier?.anchor.heldGpuS ?? 0, on_demand: of('on_demand'), flex: of('flex') },
      ...{ spot: of('spot') + of('guaranteed'), serving: of('serving') },
    }
    return { pool, heldGpuS, revenueUsd: netOf(outcome, pool.name) }
  })
  return {
    ...usedFigures(variant, outcome),
    ...moneyFigures(variant, outcome),
    spot_price_usd: meanOf(pools.map(({ prices }) => clearedPrice(prices, market.windowS))),
    benchmark_usd: meanOf(hours.worths.map(({ price }) => asNumber(price))),
    breaches: guaranteed.sum('broken') * variant.scale,
    breach_rate: share(guaranteed.sum('broken'), guaranteed.sum('runs')),
    evictions: sold.sum('evictions') * variant.scale,
    evictions_per_run: share(sold.sum('evictions'), sold.sum('runs')),
    turned_away: buyers.sum('turnedAway') * variant.scale,
    spot_queueing_s_mean: spot.mean,
    spot_queueing_s_p95: spot.p95,
    anchor_delay_s_mean: anchor.mean,
    anchor_delay_s_p99: anchor.p99,
    forecast_covered_share: coveredShare(outcome),
    ...booksOf(variant, runs, { windowS: market.windowS, accountOfPool }),
  }
}

export function resultOfLive(
  variant: PlannedVariant,
  outcome: LiveOutcome,
  accountOfPool: AccountOfPool,
): RunResult {
  const pools = [...outcome.market.pools.values()]
  const means = (what: SoldTier | 'anchor' | 'wanted') =>
    Array.from({ length: TIMELINE_STEPS }, (_, step) =>
      pools.reduce((sum, { tally }) => sum + (tally.timeline.means(what)[step] ?? 0), 0),
    )
  const soldByTier: Record<SoldTier, readonly number[]> = {
    ...{ on_demand: means('on_demand'), guaranteed: means('guaranteed'), spot: means('spot') },
    ...{ flex: means('flex'), serving: means('serving') },
  }
  const sold = Array.from({ length: TIMELINE_STEPS }, (_, step) =>
    SOLD_TIERS.reduce((sum, tier) => sum + (soldByTier[tier][step] ?? 0), 0),
  )
  return {
    figures: figuresOf(variant, outcome, accountOfPool),
    stepHours: outcome.market.windowS / TIMELINE_STEPS / HOUR_S,
    gpus: { anchor: means('anchor'), sold, wanted: means('wanted') },
    soldByTier,
    hash: outcome.market.trail.hash,
    markets: pools.map((pool) => viewOf(outcome, pool)),
  }
}
