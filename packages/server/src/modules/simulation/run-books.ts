/** The owner's books of a simulated run: of each pool as live, so many times, with the reserved blocks. Pure and exact. */
import { add, money, type Money, picos, rate, subtract, ZERO } from '#kernel/money.ts'
import type { PoolAccount, PoolCosts, SlotTimeSplit } from '#modules/economics/index.ts'
import type { PlannedPool, PlannedVariant } from './plan.ts'

export type AccountOfPool = (
  split: SlotTimeSplit,
  costs: PoolCosts,
  revenueUsd: Money,
) => PoolAccount

/** What a pool did in a run. */
export interface PoolRun {
  readonly pool: PlannedPool
  /** GPU-seconds within the window by kind of claim. */
  readonly heldGpuS: Readonly<Record<string, number>>
  /** By what was sold, credits taken off. */
  readonly revenueUsd: Money
}

const DAY_S = 86_400
/** A twelfth of a year. */
const MONTH_S = 2_628_000n
const PICOS_PER_CENT = 10_000_000_000n

/** For figures, not for books: to the cent. */
export function inUsd(exact: bigint): number {
  return Number(exact / PICOS_PER_CENT) / 100
}

export function gpusOfPool({ sizes }: PlannedPool): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}

export function capacityOf({ pools }: PlannedVariant): number {
  return pools.reduce((sum, pool) => sum + gpusOfPool(pool), 0)
}

/** What reserved blocks leave of a pool: the largest nodes of the first are those that they take. */
export function sizesLeft({ pools, reservedNodes }: PlannedVariant, at = 0): readonly number[] {
  const sizes = pools[at]?.sizes ?? []
  return at > 0 ? sizes : sizes.toSorted((a, b) => a - b).slice(0, sizes.length - reservedNodes)
}

export function reservedGpus(variant: PlannedVariant): number {
  const [first] = variant.pools
  return first ? gpusOfPool(first) - sizesLeft(variant).reduce((sum, size) => sum + size, 0) : 0
}

export function costsOf(pool: PlannedPool): PoolCosts {
  const { residualFraction, lifeYears, powerKwPerGpu, idlePowerFraction, pue } = pool
  return {
    ...{ residualFraction, lifeYears, powerKwPerGpu, idlePowerFraction, pue },
    capexUsdPerGpu: money(pool.capexUsdPerGpu),
    opexUsdPerGpuHour: money(pool.opexUsdPerGpuHour),
    powerUsdPerKwh: money(pool.powerUsdPerKwh),
  }
}

function reservedRevenue({ reserved }: PlannedVariant, windowS: number): Money {
  return add(
    ZERO,
    ...reserved.map(({ usdPerMonth }) =>
      rate({ amount: money(usdPerMonth), per: MONTH_S, unit: 'gpu_ms' }, BigInt(windowS)),
    ),
  )
}

function accountOf(run: PoolRun, reservedS: number, { windowS, accountOfPool }: BooksOrder) {
  const total = gpusOfPool(run.pool) * windowS
  const held = Object.values(run.heldGpuS).reduce((sum, each) => sum + each, 0) + reservedS
  const ms = (seconds: number) => Math.round(seconds * 1_000)
  const byKindMs = Object.fromEntries(
    Object.entries(run.heldGpuS).map(([kind, seconds]) => [kind, ms(seconds)]),
  )
  const split = {
    byKindMs: { ...byKindMs, reserved: ms(reservedS) },
    freeMs: ms(total - held),
    totalMs: ms(total),
  }
  return accountOfPool(split, costsOf(run.pool), run.revenueUsd)
}

export interface BooksOrder {
  readonly windowS: number
  readonly accountOfPool: AccountOfPool
}

/** The books of the whole fleet, as figures. */
export function booksOf(variant: PlannedVariant, runs: readonly PoolRun[], order: BooksOrder) {
  const { windowS } = order
  const reservedS = reservedGpus(variant) * windowS
  const accounts = runs.map((run, at) => accountOf(run, at === 0 ? reservedS : 0, order))
  const whole = (amounts: readonly bigint[]) =>
    picos(amounts.reduce((sum, each) => sum + each, 0n) * BigInt(variant.scale))
  const sold = whole(runs.map(({ revenueUsd }) => revenueUsd))
  const reserved = reservedRevenue(variant, windowS)
  const capex = whole(
    variant.pools.map((pool) => money(pool.capexUsdPerGpu) * BigInt(gpusOfPool(pool))),
  )
  const contribution = whole(accounts.map(({ contributionUsd }) => contributionUsd))
  const standing = whole(accounts.map(({ standingCostUsd }) => standingCostUsd))
  const cash = add(reserved, subtract(contribution, standing))
  const recovered = capex === 0n ? 0 : Number((cash * 1_000_000_000n) / capex) / 1e9
  const margin = whole(accounts.map(({ marginAfterDepreciationUsd }) => marginAfterDepreciationUsd))
  return {
    revenue_usd: inUsd(add(sold, reserved)),
    reserved_revenue_usd: inUsd(reserved),
    contribution_usd: inUsd(add(reserved, contribution)),
    depreciation_usd: inUsd(whole(accounts.map(({ depreciationUsd }) => depreciationUsd))),
    margin_after_depreciation_usd: inUsd(add(reserved, margin)),
    capex_usd: inUsd(capex),
    capex_recovered_share: recovered,
    capex_recovered_share_per_year: (recovered * 365 * DAY_S) / windowS,
  }
}
