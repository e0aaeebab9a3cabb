/**
 * Runs a plan: each variant with each seed on the virtual clock, then the owner's books of it. Amounts are exact until
 * they become figures with a confidence interval. Pure: policies and bookkeeping are handed in.
 */
import { add, money, type Money, picos, rate, subtract, ZERO } from '#kernel/money.ts'
import type { PoolAccount, PoolCosts, SlotTimeSplit } from '#modules/economics/index.ts'
import { windowOf, type Workload } from './job.ts'
import type { Plan, PlannedTrace, PlannedVariant } from './plan.ts'
import type { PolicyMaker } from './policy.ts'
import { simulate } from './simulate.ts'
import { type Estimate, estimate, summarise } from './summary.ts'
import {
  BY_HOUR_OF_DAY,
  demandLevel,
  productionAnchor,
  productionSpot,
} from './workload/production.ts'
import { makeJobs } from './workload/synthetic.ts'
import type { World } from './world.ts'

export interface PlanRules {
  readonly policies: Readonly<Record<PlannedVariant['policy'], PolicyMaker>>
  readonly accountOfPool: (split: SlotTimeSplit, costs: PoolCosts, revenueUsd: Money) => PoolAccount
}

export interface VariantResult {
  readonly name: string
  readonly policy: string
  readonly scale: number
  readonly measures: Readonly<Record<string, Estimate>>
  readonly timeline: {
    readonly stepHours: number
    readonly capacityGpus: number
    readonly reservedGpus: number
    readonly anchorGpus: readonly number[]
    readonly soldGpus: readonly number[]
    readonly wantedGpus: readonly number[]
  }
  readonly hashes: readonly string[]
}

const DAY_S = 86_400
const HOUR_S = 3_600
const HISTORY_DAYS = 28
const ORGANIZATIONS = [40, 21, 10, 7, 5, 4, 3, 3, 2, 2, 2, 1]
/** A twelfth of a year. */
const MONTH_S = 2_628_000n
const PICOS_PER_CENT = 10_000_000_000n

/** For figures, not for books: to the cent. */
function inUsd(exact: bigint): number {
  return Number(exact / PICOS_PER_CENT) / 100
}

function capacityOf({ pool }: PlannedVariant): number {
  return pool.sizes.reduce((sum, size) => sum + size, 0)
}

/** The largest nodes are those that blocks take. */
function sizesLeft({ pool, reservedNodes }: PlannedVariant): readonly number[] {
  return pool.sizes.toSorted((a, b) => a - b).slice(0, pool.sizes.length - reservedNodes)
}

function madeWorkload(variant: PlannedVariant, plan: Plan, seed: number): Workload {
  const gpus = capacityOf(variant)
  const hours = (HISTORY_DAYS + plan.horizonDays) * 24
  const jobs = makeJobs({
    ...{ seed, spotLoad: variant.spotLoad, spotFromHour: HISTORY_DAYS * 24 - 24 },
    level: demandLevel({ demand: variant.demand, seed, hours, gpus }),
    ...{ anchor: productionAnchor(gpus), spot: productionSpot(gpus) },
    byHourOfDay: BY_HOUR_OF_DAY,
    organizations: ORGANIZATIONS.map((weight, value) => ({ value, weight })),
  })
  const organizations = ORGANIZATIONS.map((_, at) => `organization-${at + 1}`)
  const spell = { fromS: HISTORY_DAYS * DAY_S, windowS: plan.horizonDays * DAY_S }
  return windowOf(jobs, { organizations, spell: { ...spell, historyHours: HISTORY_DAYS * 24 } })
}

/** The first days of a trace teach; as many as it has beyond the horizon, up to four weeks. */
function tracedWorkload({ jobs, organizations }: PlannedTrace, horizonDays: number): Workload {
  const lastS = jobs.at(-1)?.submitS ?? 0
  const spareDays = Math.floor((lastS - horizonDays * DAY_S) / DAY_S)
  const learnDays = Math.max(0, Math.min(HISTORY_DAYS, spareDays))
  const spell = { fromS: learnDays * DAY_S, windowS: horizonDays * DAY_S }
  return windowOf(jobs, { organizations, spell: { ...spell, historyHours: learnDays * 24 } })
}

function costsOf({ pool }: PlannedVariant): PoolCosts {
  const { residualFraction, lifeYears, powerKwPerGpu, idlePowerFraction, pue } = pool
  return {
    ...{ residualFraction, lifeYears, powerKwPerGpu, idlePowerFraction, pue },
    capexUsdPerGpu: money(pool.capexUsdPerGpu),
    opexUsdPerGpuHour: money(pool.opexUsdPerGpuHour),
    powerUsdPerKwh: money(pool.powerUsdPerKwh),
  }
}

/** Work that was of use is paid; for each GPU of a broken guarantee a part of its hour is given back. */
function spotRevenue(variant: PlannedVariant, { usefulGpuS, brokenGpus }: SpotCounts): Money {
  const price = {
    amount: money(variant.pool.spotUsdPerGpuHour),
    per: BigInt(HOUR_S),
    unit: 'gpu_ms',
  } as const
  const creditedS = Math.round(brokenGpus * HOUR_S * variant.guaranteeCreditPart)
  return subtract(rate(price, BigInt(Math.round(usefulGpuS))), rate(price, BigInt(creditedS)))
}

interface SpotCounts {
  readonly usefulGpuS: number
  readonly brokenGpus: number
}

function reservedRevenue({ reserved }: PlannedVariant, windowS: number): Money {
  return add(
    ZERO,
    ...reserved.map(({ usdPerMonth }) =>
      rate({ amount: money(usdPerMonth), per: MONTH_S, unit: 'gpu_ms' }, BigInt(windowS)),
    ),
  )
}

/** The owner's books of the whole fleet: those of one pool, so many times, and the reserved blocks. */
function booksOf(variant: PlannedVariant, world: World, rules: PlanRules) {
  const { windowS } = world.workload
  const { heldGpuS, byKind } = world.tally
  const capacity = capacityOf(variant)
  const reservedS = (capacity - world.grid.capacity) * windowS
  const ms = (seconds: number) => Math.round(seconds * 1_000)
  const heldS = heldGpuS.anchor + heldGpuS.spot + reservedS
  const split = {
    byKindMs: { anchor: ms(heldGpuS.anchor), spot: ms(heldGpuS.spot), reserved: ms(reservedS) },
    freeMs: ms(capacity * windowS - heldS),
    totalMs: ms(capacity * windowS),
  }
  const spot = spotRevenue(variant, byKind.spot)
  const account = rules.accountOfPool(split, costsOf(variant), spot)
  const whole = (amount: bigint) => picos(amount * BigInt(variant.scale))
  const reserved = reservedRevenue(variant, windowS)
  const capex = whole(money(variant.pool.capexUsdPerGpu) * BigInt(capacity))
  const cash = add(
    reserved,
    subtract(whole(account.contributionUsd), whole(account.standingCostUsd)),
  )
  const recovered = capex === 0n ? 0 : Number((cash * 1_000_000_000n) / capex) / 1e9
  return {
    revenue_usd: inUsd(add(whole(spot), reserved)),
    spot_revenue_usd: inUsd(whole(spot)),
    reserved_revenue_usd: inUsd(reserved),
    contribution_usd: inUsd(add(reserved, whole(account.contributionUsd))),
    depreciation_usd: inUsd(whole(account.depreciationUsd)),
    margin_after_depreciation_usd: inUsd(add(reserved, whole(account.marginAfterDepreciationUsd))),
    capex_usd: inUsd(capex),
    capex_recovered_share: recovered,
    capex_recovered_share_per_year: (recovered * 365 * DAY_S) / windowS,
  }
}

function figuresOf(
  variant: PlannedVariant,
  world: World,
  rules: PlanRules,
): Record<string, number> {
  const { spot, anchor, usefulRate, allocationRate } = summarise(world)
  const capacity = capacityOf(variant)
  const left = world.grid.capacity / capacity
  const reservedShare = 1 - left
  const totalGpuHours = (capacity * world.workload.windowS) / HOUR_S
  const soldHours = spot.usefulGpuHours + reservedShare * totalGpuHours
  return {
    utilisation: allocationRate * left + reservedShare,
    useful_utilisation: usefulRate * left + reservedShare,
    sold_share: soldHours / totalGpuHours,
    sold_gpu_hours: soldHours * variant.scale,
    breaches: world.tally.byKind.spot.brokenGuarantees * variant.scale,
    breach_rate: spot.guaranteeFailureRate,
    evictions: spot.evictions * variant.scale,
    evictions_per_run: spot.evictionsPerRun,
    spot_queueing_s_mean: spot.queueingS.mean,
    spot_queueing_s_p95: spot.queueingS.p95,
    anchor_delay_s_mean: anchor.queueingS.mean,
    anchor_delay_s_p99: anchor.queueingS.p99,
    ...booksOf(variant, world, rules),
  }
}

function meansOf(worlds: readonly World[], what: 'anchor' | 'spot' | 'wanted'): readonly number[] {
  const rows = worlds.map(({ tally }) => tally.timeline.means(what))
  return (rows[0] ?? []).map(
    (_, step) =>
      Math.round((10 * rows.reduce((sum, row) => sum + (row[step] ?? 0), 0)) / rows.length) / 10,
  )
}

function resultOf(
  variant: PlannedVariant,
  worlds: readonly World[],
  rules: PlanRules,
): VariantResult {
  const figures = worlds.map((world) => figuresOf(variant, world, rules))
  const names = Object.keys(figures[0] ?? {})
  const capacityGpus = capacityOf(variant)
  return {
    ...{ name: variant.name, policy: variant.policy, scale: variant.scale },
    measures: Object.fromEntries(
      names.map((name) => [name, estimate(figures.map((each) => each[name] ?? 0))]),
    ),
    timeline: {
      stepHours: (worlds[0]?.tally.timeline.stepS ?? 0) / HOUR_S,
      ...{ capacityGpus, reservedGpus: capacityGpus - (worlds[0]?.grid.capacity ?? 0) },
      anchorGpus: meansOf(worlds, 'anchor'),
      soldGpus: meansOf(worlds, 'spot'),
      wantedGpus: meansOf(worlds, 'wanted'),
    },
    hashes: worlds.map(({ tally }) => tally.hash),
  }
}

/** The base first, then each variant. The same plan gives the same result. */
export function runPlan(
  plan: Plan,
  rules: PlanRules,
  onProgress: (fraction: number) => void,
): readonly VariantResult[] {
  const runs = plan.variants.length * plan.seeds
  let done = 0
  return plan.variants.map((variant) => {
    const worlds = Array.from({ length: plan.seeds }, (_, at) => {
      const workload = plan.trace
        ? tracedWorkload(plan.trace, plan.horizonDays)
        : madeWorkload(variant, plan, at + 1)
      const world = simulate({
        ...{ workload, sizes: sizesLeft(variant), policy: rules.policies[variant.policy] },
        onProgress: (fraction) => onProgress((done + fraction) / runs),
      })
      done++
      onProgress(done / runs)
      return world
    })
    return resultOf(variant, worlds, rules)
  })
}
