/**
 * The owner's books of one pool over a period: revenue, cost, depreciation, margin. Pure and exact: slot-time is whole
 * milliseconds, money whole picos, and every product is divided once. Formulas: section 6.1 of the metering handbook,
 * per GPU-hour there, over slot-time here.
 */
import { assert } from '#kernel/assert.ts'
import { add, type Money, picos, subtract } from '#kernel/money.ts'

/** Slot-time of the pool; `byKindMs` and `freeMs` sum to `totalMs`. */
export interface SlotTimeSplit {
  readonly byKindMs: Readonly<Record<string, number>>
  readonly freeMs: number
  readonly totalMs: number
}

export interface PoolCosts {
  readonly capexUsdPerGpu: Money
  /** Part of the capex that is left at the end of the life. */
  readonly residualFraction: number
  readonly lifeYears: number
  readonly opexUsdPerGpuHour: Money
  readonly powerKwPerGpu: number
  /** Part of the power that an idle GPU draws. */
  readonly idlePowerFraction: number
  readonly pue: number
  readonly powerUsdPerKwh: Money
}

export interface PoolAccount {
  readonly soldFraction: number
  readonly usedFraction: number
  readonly revenueUsd: Money
  readonly marginalCostUsd: Money
  readonly depreciationUsd: Money
  readonly standingCostUsd: Money
  readonly contributionUsd: Money
  readonly marginAfterDepreciationUsd: Money
}

/** What brings money in: leases by the hour and replicas by the token. */
const SOLD_KINDS = ['reserved', 'on_demand', 'spot', 'flex', 'serving']
const HOUR_MS = 3_600_000
const YEAR_HOURS = 8760
/** Factors of the fleet file (kW, PUE, fractions, years) have at most six decimals that matter. */
const SCALE = 1_000_000

function scaled(factor: number): bigint {
  assert(Number.isFinite(factor) && factor >= 0, 'a cost factor is a number that is not negative')
  return BigInt(Math.round(factor * SCALE))
}

/** amount × the factors ÷ the divisors, divided once, to the nearest pico. */
function times(amount: Money, factors: readonly number[], divisors: readonly number[] = []): Money {
  const product = (list: readonly number[]) =>
    list.reduce((value, each) => value * scaled(each), 1n)
  const unit = BigInt(SCALE)
  const top = amount * product(factors) * unit ** BigInt(divisors.length)
  const bottom = product(divisors) * unit ** BigInt(factors.length)
  return picos((top + bottom / 2n) / bottom)
}

/** Depreciation of `slotMs` of slot-time, straight line. */
export function depreciationOf(costs: PoolCosts, slotMs: number): Money {
  return times(
    costs.capexUsdPerGpu,
    [1 - costs.residualFraction, slotMs],
    [costs.lifeYears, YEAR_HOURS, HOUR_MS],
  )
}

/** Energy that selling slot-time adds over leaving it idle. */
export function marginalCostOf(costs: PoolCosts, soldMs: number): Money {
  const { powerUsdPerKwh, powerKwPerGpu, idlePowerFraction, pue } = costs
  return times(powerUsdPerKwh, [powerKwPerGpu, 1 - idlePowerFraction, pue, soldMs], [HOUR_MS])
}

/** What slot-time costs in cash whether used or not: idle power and running costs. */
export function standingCostOf(costs: PoolCosts, totalMs: number): Money {
  const { powerUsdPerKwh, powerKwPerGpu, idlePowerFraction, pue, opexUsdPerGpuHour } = costs
  const power = times(powerUsdPerKwh, [powerKwPerGpu, idlePowerFraction, pue, totalMs], [HOUR_MS])
  return add(power, times(opexUsdPerGpuHour, [totalMs], [HOUR_MS]))
}

/** Slot-time that brought money in, draining time of it apart. */
export function soldMsOf(split: SlotTimeSplit): number {
  return SOLD_KINDS.reduce((sum, kind) => sum + (split.byKindMs[kind] ?? 0), 0)
}

/** The account of a pool over a period. */
export function accountOfPool(
  split: SlotTimeSplit,
  costs: PoolCosts,
  revenueUsd: Money,
): PoolAccount {
  const soldMs = soldMsOf(split)
  const fraction = (ms: number) => (split.totalMs === 0 ? 0 : ms / split.totalMs)
  const marginalCostUsd = marginalCostOf(costs, soldMs)
  const depreciationUsd = depreciationOf(costs, split.totalMs)
  const standingCostUsd = standingCostOf(costs, split.totalMs)
  const contributionUsd = subtract(revenueUsd, marginalCostUsd)
  return {
    soldFraction: fraction(soldMs),
    usedFraction: fraction(split.totalMs - split.freeMs),
    revenueUsd,
    marginalCostUsd,
    depreciationUsd,
    standingCostUsd,
    contributionUsd,
    marginAfterDepreciationUsd: subtract(
      subtract(contributionUsd, standingCostUsd),
      depreciationUsd,
    ),
  }
}
