/** One run of the live market: a plan's variant as tenants of its pools, and what came of it as figures. Pure. */
import { add, money, type Money, picos, subtract, ZERO } from '#kernel/money.ts'
import type { ClearingRule } from '#modules/market/index.ts'
import type { Workload } from './job.ts'
import type { LiveRules } from './live/rules.ts'
import { type LiveOutcome, simulateMarket } from './live/simulate-market.ts'
import { type LivePoolPlan, SOLD_TIERS, type Tenant, type TokenDemand } from './live/tenant.ts'
import { inOrderOfArrival, type TenantOrder, tenantsOf } from './live/tenants-of.ts'
import type { PlannedPool, PlannedTokens, PlannedVariant } from './plan.ts'
import { Random } from './random.ts'
import { costsOf, sizesLeft } from './run-books.ts'
import { madeSold, type Seeded } from './run-workload.ts'

const HOUR_S = 3_600

/** The rule of a pool's auction, and what a GPU-hour costs, as the live market reckons them. */
export interface PoolTerms {
  readonly rule: ClearingRule
  readonly marginalUsd: Money
}

export interface LiveOrder extends Seeded {
  readonly rules: LiveRules
  readonly termsOf: (costs: ReturnType<typeof costsOf>, spotUsd: Money) => PoolTerms
  /** Of each pool. */
  readonly workloads: readonly Workload[]
  readonly onProgress: (fraction: number) => void
}

function livePool(
  pool: PlannedPool,
  {
    workload,
    sizes,
    termsOf,
  }: Pick<LiveOrder, 'termsOf'> & {
    readonly workload: Workload
    readonly sizes: readonly number[]
  },
): LivePoolPlan {
  const spot = money(pool.spotUsdPerGpuHour)
  const hours = Math.max(0, ...workload.history.map((row) => row.length))
  return {
    ...{ name: pool.name, sizes, policy: pool.reclaim },
    listUsd: {
      ...{ spot, on_demand: money(pool.onDemandUsdPerGpuHour) },
      flex: money(pool.flexUsdPerGpuHour),
    },
    ...termsOf(costsOf(pool), spot),
    history: Array.from({ length: hours }, (_, hour) =>
      workload.history.reduce((sum, row) => sum + (row[hour] ?? 0), 0),
    ),
  }
}

/** Each tier has chances of its own, so that one more buyer of one changes nothing of another. */
const TIER_SEEDS = { onDemand: 0x1f0d, guaranteed: 0x2e1c, flex: 0x3d2b } as const

function tenantsOfPool(
  pool: PlannedPool,
  workload: Workload,
  { variant, seeded }: { readonly variant: PlannedVariant; readonly seeded: Seeded },
): readonly Tenant[] {
  const { onDemand, guaranteed, spot, flex } = variant
  const bids = { listUsd: money(pool.spotUsdPerGpuHour), range: spot.limits }
  const base = {
    ...{ pool: pool.name, nodeGpus: Math.max(...pool.sizes), seed: seeded.seed },
    promisedS: 0,
  }
  const sold = (tier: keyof typeof TIER_SEEDS, order: Omit<TenantOrder, keyof typeof base>) => {
    const seed = seeded.seed ^ TIER_SEEDS[tier]
    const { load } = variant[tier]
    return tenantsOf(madeSold(pool, variant, { ...seeded, seed, load }), {
      ...base,
      seed,
      ...order,
    })
  }
  const of = (kind: 'anchor' | 'spot') => workload.jobs.filter((job) => job.kind === kind)
  const hours = (count: number) => count * HOUR_S
  const promise = { ...base, promisedS: hours(guaranteed.hours) }
  const anchor = { kind: 'anchor', bids: null, patienceS: Infinity } as const
  const seed = seeded.seed ^ TIER_SEEDS.guaranteed
  const promised = madeSold(pool, variant, { ...seeded, seed, load: guaranteed.load })
  return [
    ...tenantsOf(of('anchor'), { ...base, ...anchor }),
    ...sold('onDemand', {
      kind: 'on_demand',
      bids: null,
      patienceS: hours(onDemand.patienceHours),
    }),
    ...tenantsOf(promised, {
      ...{ ...promise, seed, kind: 'spot', bids },
      patienceS: hours(guaranteed.patienceHours),
    }),
    ...tenantsOf(of('spot'), {
      ...{ ...base, kind: 'spot', bids },
      patienceS: hours(spot.patienceHours),
    }),
    ...sold('flex', { kind: 'flex', bids: null, patienceS: hours(flex.patienceHours) }),
  ]
}

const PEAK_HOUR = 16
const NOISE_PART = 0.05

interface Scaled extends Seeded {
  readonly variant: PlannedVariant
  readonly rules: LiveRules
}

/** No more replicas than the pool could hold. */
function termsOfModel(
  { pool, gpusPerReplica, replicasMin, replicasMax }: PlannedTokens,
  { variant, rules }: Scaled,
): TokenDemand['terms'] {
  const at = variant.pools.findIndex(({ name }) => name === pool)
  const most = sizesLeft(variant, at)
    .map((size) => Math.floor(size / gpusPerReplica))
    .reduce((sum, each) => sum + each, 0)
  const bounded = Math.min(most, replicasMax ?? most)
  return {
    ...{ policy: 'autoscale', replicasMax: bounded, replicasMin: Math.min(bounded, replicasMin) },
    ...rules.bounds.scaling.terms,
  }
}

/** Tokens a second through the horizon: up and down over a day, with a little chance. */
function tokenDemand(tokens: PlannedTokens, scaled: Scaled): TokenDemand {
  const { seed, horizonDays } = scaled
  const random = new Random(seed ^ 0x70c3)
  const { meanTokensPerSecond: mean, dailyShare } = tokens
  return {
    ...{ model: tokens.model, pool: tokens.pool, gpusPerReplica: tokens.gpusPerReplica },
    tokensPerSecondOfReplica: tokens.tokensPerSecondPerReplica,
    usdPerMillionTokens: money(tokens.usdPerMillionTokens),
    terms: termsOfModel(tokens, scaled),
    byHour: Array.from({ length: horizonDays * 24 }, (_, hour) => {
      const day = Math.cos((2 * Math.PI * ((hour % 24) - PEAK_HOUR)) / 24)
      const chance = NOISE_PART * (2 * random.next() - 1)
      return Math.max(0, mean * (1 + dailyShare * day + chance))
    }),
  }
}

/** No gang asks for more nodes than the pool has left: it could never be had. */
function fits({ gpus, nodes }: Tenant, sizes: readonly number[]): boolean {
  return sizes.filter((size) => size >= gpus / nodes).length >= nodes
}

export function runLive(variant: PlannedVariant, order: LiveOrder): LiveOutcome {
  const { rules, termsOf, workloads, onProgress } = order
  const [first] = workloads
  const seeded = { seed: order.seed, horizonDays: order.horizonDays }
  const perPool = variant.pools.flatMap((pool, at) => {
    const workload = workloads[at]
    const sizes = sizesLeft(variant, at)
    if (!workload) return []
    const plan = livePool(pool, { workload, sizes, termsOf })
    // Pools that are alike do not live through the same chances.
    const own = { ...seeded, seed: seeded.seed + at * 1_009 }
    const tenants = tenantsOfPool(pool, workload, { variant, seeded: own })
    return [{ plan, tenants: tenants.filter((tenant) => fits(tenant, sizes)) }]
  })
  return simulateMarket({
    pools: perPool.map(({ plan }) => plan),
    windowS: first?.windowS ?? 0,
    hourOfWeek: first?.hourOfWeek ?? 0,
    ...{ rules, onProgress },
    tenants: inOrderOfArrival(perPool.flatMap(({ tenants }) => tenants)),
    tokens: variant.tokens.map((tokens) => tokenDemand(tokens, { ...seeded, variant, rules })),
  })
}

/** What each tier brought, before credits, over all pools. */
export function revenuesOf({ market }: LiveOutcome) {
  const pools = [...market.pools.values()]
  const sum = (pick: (pool: (typeof pools)[number]) => Money) =>
    picos(pools.reduce((total, pool) => total + pick(pool), 0n))
  return {
    byTier: Object.fromEntries(
      SOLD_TIERS.map((tier) => [tier, sum(({ tally }) => tally.byTier[tier].revenueUsd)]),
    ) as Record<(typeof SOLD_TIERS)[number], Money>,
    credits: sum(({ tally }) =>
      add(ZERO, ...SOLD_TIERS.map((tier) => tally.byTier[tier].creditsUsd)),
    ),
  }
}

/** Of one pool, with credits taken off. */
export function netOf({ market }: LiveOutcome, pool: string): Money {
  const byTier = market.pools.get(pool)?.tally.byTier
  if (!byTier) return ZERO
  const sold = SOLD_TIERS.map((tier) => byTier[tier])
  return subtract(
    add(ZERO, ...sold.map(({ revenueUsd }) => revenueUsd)),
    add(ZERO, ...sold.map(({ creditsUsd }) => creditsUsd)),
  )
}
