/** Runs the policies on workloads and puts their figures side by side. */
import {
  type Estimate,
  estimate,
  type PolicyMaker,
  simulate,
  summarise,
  type Summary,
  type Workload,
} from '../../packages/server/src/modules/simulation/index.ts'
import type { Comparison } from '../run/result.ts'

/** What an hour of a GPU brings: with a guaranteed hour, and without. */
export const PRICE_USD = { guaranteed: 1.5, plain: 1.2 } as const

/** Of the guaranteed hour, given back for each GPU whose guarantee was broken. */
export const CREDIT_PART = 0.5

export interface Outcome {
  readonly summary: Summary
  /** Whether its sold work was promised a guaranteed time. */
  readonly isGuaranteed: boolean
}

/** By policy, one outcome for each workload. */
export type Outcomes = Readonly<Record<string, readonly Outcome[]>>

type Measure = (outcome: Outcome) => number

function spreads(kind: 'anchor' | 'spot'): Record<string, Measure> {
  const measures: Record<string, Measure> = {}
  for (const what of ['completion', 'queueing'] as const)
    for (const which of ['mean', 'p50', 'p95', 'p99'] as const)
      measures[`${what}_s_${which}`] = ({ summary }) => summary[kind][`${what}S`][which]
  return measures
}

/** Work that was of use is paid; for a broken guarantee a part of the guaranteed hour is given back. */
const revenue: Measure = ({ summary: { spot }, isGuaranteed }) =>
  isGuaranteed
    ? (spot.usefulGpuHours - CREDIT_PART * spot.brokenGpus) * PRICE_USD.guaranteed
    : spot.usefulGpuHours * PRICE_USD.plain

export const SPOT: Readonly<Record<string, Measure>> = {
  ...spreads('spot'),
  evictions_per_run: ({ summary }) => summary.spot.evictionsPerRun,
  guarantee_failure_rate: ({ summary }) => summary.spot.guaranteeFailureRate,
  lost_gpu_hours: ({ summary }) => summary.spot.lostGpuHours + summary.spot.overheadGpuHours,
  revenue_usd: revenue,
  revenue_usd_at_one_price: ({ summary }) => summary.spot.usefulGpuHours * PRICE_USD.plain,
  unfinished_jobs: ({ summary }) => summary.spot.unfinished,
}

export const ANCHOR: Readonly<Record<string, Measure>> = {
  ...spreads('anchor'),
  evictions: ({ summary }) => summary.anchor.evictions,
  allocation: ({ summary }) => summary.allocationRate,
  useful: ({ summary }) => summary.usefulRate,
}

export function measureAll(
  workloads: readonly Workload[],
  sizes: readonly number[],
  policies: Readonly<Record<string, PolicyMaker>>,
): Outcomes {
  return Object.fromEntries(
    Object.entries(policies).map(([name, policy]) => {
      const isGuaranteed = policy().quota !== null
      const outcomes = workloads.map((workload) => ({
        summary: summarise(simulate({ workload, sizes, policy })),
        isGuaranteed,
      }))
      process.stderr.write(`  ${name}\n`)
      return [name, outcomes]
    }),
  )
}

export function estimateOf(outcomes: readonly Outcome[] | undefined, measure: Measure): Estimate {
  return estimate((outcomes ?? []).map(measure))
}

function toComparison(
  outcomes: Outcomes,
  measures: Readonly<Record<string, Measure>>,
  part: (estimate: Estimate) => number | null,
): Comparison {
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, ofPolicy]) => [
      name,
      Object.fromEntries(
        Object.entries(measures).map(([measure, read]) => [
          measure,
          part(estimateOf(ofPolicy, read)),
        ]),
      ),
    ]),
  )
}

/** Tables of spot and anchor work; with several seeds also how sure their means are. */
export function compare(name: string, outcomes: Outcomes): Record<string, Comparison> {
  const tables: Record<string, Comparison> = {}
  const isSeveral = Object.values(outcomes).some((each) => each.length > 1)
  for (const [kind, measures] of [
    ['spot', SPOT],
    ['anchor', ANCHOR],
  ] as const) {
    tables[`${name}, ${kind}`] = toComparison(outcomes, measures, ({ mean }) => mean)
    if (isSeveral)
      tables[`${name}, ${kind}, 95 % within`] = toComparison(
        outcomes,
        measures,
        ({ within }) => within,
      )
  }
  return tables
}
