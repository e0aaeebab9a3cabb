/** One run by a policy to compare with: the owner's work and spot on one pool, at the list price. Pure. */
import { add, money, type Money, rate, subtract } from '#kernel/money.ts'
import type { Workload } from './job.ts'
import type { PlannedVariant } from './plan.ts'
import type { PolicyMaker } from './policy.ts'
import { type AccountOfPool, booksOf, capacityOf, inUsd, sizesLeft } from './run-books.ts'
import type { RunResult } from './run-result.ts'
import { simulate } from './simulate.ts'
import { summarise } from './summary.ts'
import type { World } from './world.ts'

const HOUR_S = 3_600

interface SpotCounts {
  readonly usefulGpuS: number
  readonly brokenGpus: number
}

/** Work that was of use is paid; for each GPU of a broken guarantee a part of its hour is given back. */
function spotRevenue(variant: PlannedVariant, { usefulGpuS, brokenGpus }: SpotCounts) {
  const price = {
    amount: money(variant.pools[0]?.spotUsdPerGpuHour ?? '0'),
    per: BigInt(HOUR_S),
    unit: 'gpu_ms',
  } as const
  const creditedS = Math.round(brokenGpus * HOUR_S * variant.guaranteeCreditPart)
  const credits = rate(price, BigInt(creditedS))
  return { net: subtract(rate(price, BigInt(Math.round(usefulGpuS))), credits), credits }
}

function figuresOf(
  variant: PlannedVariant,
  world: World,
  accountOfPool: AccountOfPool,
): Record<string, number> {
  const { spot, anchor, usefulRate, allocationRate } = summarise(world)
  const { windowS } = world.workload
  const { heldGpuS, byKind } = world.tally
  const capacity = capacityOf(variant)
  const left = world.grid.capacity / capacity
  const reservedShare = 1 - left
  const totalGpuHours = (capacity * windowS) / HOUR_S
  const soldHours = spot.usefulGpuHours + reservedShare * totalGpuHours
  const revenue = spotRevenue(variant, byKind.spot)
  const pool = variant.pools[0]
  const runs = pool ? [{ pool, heldGpuS, revenueUsd: revenue.net }] : []
  const whole = (amount: Money) => inUsd(amount * BigInt(variant.scale))
  return {
    utilisation: allocationRate * left + reservedShare,
    useful_utilisation: usefulRate * left + reservedShare,
    sold_share: soldHours / totalGpuHours,
    sold_gpu_hours: soldHours * variant.scale,
    spot_revenue_usd: whole(add(revenue.net, revenue.credits)),
    credits_usd: whole(revenue.credits),
    breaches: byKind.spot.brokenGuarantees * variant.scale,
    breach_rate: spot.guaranteeFailureRate,
    evictions: spot.evictions * variant.scale,
    evictions_per_run: spot.evictionsPerRun,
    spot_queueing_s_mean: spot.queueingS.mean,
    spot_queueing_s_p95: spot.queueingS.p95,
    anchor_delay_s_mean: anchor.queueingS.mean,
    anchor_delay_s_p99: anchor.queueingS.p99,
    ...booksOf(variant, runs, { windowS, accountOfPool }),
  }
}

export interface ComparedRules {
  readonly policy: PolicyMaker
  readonly accountOfPool: AccountOfPool
}

export function runCompared(
  variant: PlannedVariant,
  workload: Workload,
  { policy, accountOfPool, onProgress }: ComparedRules & { onProgress: (part: number) => void },
): RunResult {
  const world = simulate({ workload, sizes: sizesLeft(variant), policy, onProgress })
  const { timeline, hash } = world.tally
  return {
    figures: figuresOf(variant, world, accountOfPool),
    stepHours: timeline.stepS / HOUR_S,
    gpus: {
      anchor: timeline.means('anchor'),
      sold: timeline.means('spot'),
      wanted: timeline.means('wanted'),
    },
    ...{ hash, markets: [], soldByTier: null },
  }
}
