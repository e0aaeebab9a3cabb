/**
 * Runs a plan: each variant with each seed on the virtual clock, then the owner's books of it. Amounts are exact until
 * they become figures with a confidence interval. Pure: the market, policies and bookkeeping are handed in.
 */
import type { LiveRules } from './live/rules.ts'
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
  readonly timeline: {
    readonly stepHours: number
    readonly capacityGpus: number
    readonly reservedGpus: number
    readonly anchorGpus: readonly number[]
    readonly soldGpus: readonly number[]
    readonly wantedGpus: readonly number[]
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

function meansOf(runs: readonly RunResult[], what: keyof RunResult['gpus']): readonly number[] {
  return (runs[0]?.gpus[what] ?? []).map(
    (_, step) =>
      Math.round(
        (10 * runs.reduce((sum, { gpus }) => sum + (gpus[what][step] ?? 0), 0)) / runs.length,
      ) / 10,
  )
}

function resultOf(variant: PlannedVariant, runs: readonly RunResult[]): VariantResult {
  const names = Object.keys(runs[0]?.figures ?? {})
  return {
    ...{ name: variant.name, policy: variant.policy, scale: variant.scale },
    measures: Object.fromEntries(
      names.map((name) => [name, estimate(runs.map(({ figures }) => figures[name] ?? 0))]),
    ),
    timeline: {
      stepHours: runs[0]?.stepHours ?? 0,
      ...{ capacityGpus: capacityOf(variant), reservedGpus: reservedGpus(variant) },
      anchorGpus: meansOf(runs, 'anchor'),
      soldGpus: meansOf(runs, 'sold'),
      wantedGpus: meansOf(runs, 'wanted'),
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
  return plan.variants.map((variant) => {
    const results = Array.from({ length: plan.seeds }, (_, at) => {
      const told = (fraction: number) => onProgress((done + fraction) / runs)
      const result = runOnce(plan, rules, { variant, seed: at + 1, onProgress: told })
      done++
      onProgress(done / runs)
      return result
    })
    return resultOf(variant, results)
  })
}
