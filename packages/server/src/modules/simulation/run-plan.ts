/**
 * Runs a plan: each variant with each seed on the virtual clock, then the owner's books of it. Amounts are exact until
 * they become figures with a confidence interval. Pure: the market, policies and bookkeeping are handed in.
 */
import type { LiveRules } from './live/rules.ts'
import { SOLD_TIERS, type SoldTier } from './live/tenant.ts'
import type { Plan, PlannedVariant } from './plan.ts'
import type { PolicyMaker } from './policy.ts'
import { type AccountOfPool, capacityOf, reservedGpus } from './run-books.ts'
import { runCompared } from './run-compared.ts'
import { resultOfLive } from './run-live-figures.ts'
import { type LiveOrder, runLive } from './run-live.ts'
import type { MarketView, RunResult } from './run-result.ts'
import { madeWorkload, tracedWorkload } from './run-workload.ts'
import { type Estimate, estimate } from './summary.ts'

type Compared = Exclude<PlannedVariant['policy'], 'spillway'>

export interface PlanRules {
  /** What runs here. */
  readonly live: LiveRules
  readonly termsOf: LiveOrder['termsOf']
  readonly policies: Readonly<Record<Compared, PolicyMaker>>
  readonly accountOfPool: AccountOfPool
}

export interface VariantResult {
  readonly name: string
  readonly policy: string
  readonly scale: number
  readonly measures: Readonly<Record<string, Estimate>>
  /** Less the base, seed by seed; absent of the base itself. */
  readonly differences?: Readonly<Record<string, Estimate>>
  readonly timeline: {
    readonly stepHours: number
    readonly capacityGpus: number
    readonly reservedGpus: number
    readonly anchorGpus: readonly number[]
    readonly soldGpus: readonly number[]
    readonly wantedGpus: readonly number[]
    /** Of what is sold; absent of a policy to compare with. */
    readonly soldByTier?: Readonly<Record<SoldTier, readonly number[]>>
  }
  /** Of each pool, with the first seed; none of a policy to compare with. */
  readonly markets: readonly MarketView[]
  readonly hashes: readonly string[]
}

interface Run {
  readonly variant: PlannedVariant
  readonly seed: number
  readonly onProgress: (fraction: number) => void
}

function runOnce(plan: Plan, rules: PlanRules, { variant, seed, onProgress }: Run): RunResult {
  const { trace, horizonDays } = plan
  const seeded = { horizonDays, seed }
  const { accountOfPool } = rules
  const workloads = variant.pools.map((pool, at) =>
    trace
      ? tracedWorkload(trace, horizonDays)
      : madeWorkload(pool, variant, { horizonDays, seed: seed + at * 1_009 }),
  )
  const [first] = workloads
  if (variant.policy !== 'spillway' && first) {
    const policy = rules.policies[variant.policy]
    return runCompared(variant, first, { policy, accountOfPool, onProgress })
  }
  const { live, termsOf } = rules
  const outcome = runLive(variant, { rules: live, termsOf, workloads, ...seeded, onProgress })
  return resultOfLive(variant, outcome, accountOfPool)
}

/** Of each step the mean over the runs, to a tenth. */
function meansOf(
  runs: readonly RunResult[],
  pick: (run: RunResult) => readonly number[],
): readonly number[] {
  const rows = runs.map(pick)
  return (rows[0] ?? []).map(
    (_, step) =>
      Math.round((10 * rows.reduce((sum, row) => sum + (row[step] ?? 0), 0)) / rows.length) / 10,
  )
}

function tiersOf(runs: readonly RunResult[]): Pick<VariantResult['timeline'], 'soldByTier'> {
  if (runs.some(({ soldByTier }) => soldByTier === null)) return {}
  const means = SOLD_TIERS.map(
    (tier) => [tier, meansOf(runs, ({ soldByTier }) => soldByTier?.[tier] ?? [])] as const,
  )
  return { soldByTier: Object.fromEntries(means) as Record<SoldTier, readonly number[]> }
}

/** Seed by seed: what comes by chance is alike on both sides, so that it falls out. Only what both sides know. */
function differencesOf(runs: readonly RunResult[], base: readonly RunResult[]) {
  const known = Object.keys(base[0]?.figures ?? {})
  const names = Object.keys(runs[0]?.figures ?? {}).filter((name) => known.includes(name))
  const less = (name: string) =>
    runs.map(({ figures }, at) => (figures[name] ?? 0) - (base[at]?.figures[name] ?? 0))
  return Object.fromEntries(names.map((name) => [name, estimate(less(name))]))
}

interface Runs {
  readonly runs: readonly RunResult[]
  /** Null of the base itself. */
  readonly base: readonly RunResult[] | null
}

function resultOf(variant: PlannedVariant, { runs, base }: Runs): VariantResult {
  const names = Object.keys(runs[0]?.figures ?? {})
  return {
    ...{ name: variant.name, policy: variant.policy, scale: variant.scale },
    measures: Object.fromEntries(
      names.map((name) => [name, estimate(runs.map(({ figures }) => figures[name] ?? 0))]),
    ),
    ...(base === null ? {} : { differences: differencesOf(runs, base) }),
    timeline: {
      stepHours: runs[0]?.stepHours ?? 0,
      ...{ capacityGpus: capacityOf(variant), reservedGpus: reservedGpus(variant) },
      anchorGpus: meansOf(runs, ({ gpus }) => gpus.anchor),
      soldGpus: meansOf(runs, ({ gpus }) => gpus.sold),
      wantedGpus: meansOf(runs, ({ gpus }) => gpus.wanted),
      ...tiersOf(runs),
    },
    markets: runs[0]?.markets ?? [],
    hashes: runs.map(({ hash }) => hash),
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
  let base: readonly RunResult[] | null = null
  return plan.variants.map((variant) => {
    const results = Array.from({ length: plan.seeds }, (_, at) => {
      const further = (fraction: number) => onProgress((done + fraction) / runs)
      const result = runOnce(plan, rules, { variant, seed: at + 1, onProgress: further })
      done++
      onProgress(done / runs)
      return result
    })
    const told = resultOf(variant, { runs: results, base })
    base ??= results
    return told
  })
}
