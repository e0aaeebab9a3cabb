/** One workload under every policy, over the same seeds: what each allocates, beside what was published. */
import {
  Fragmentation,
  type NodeState,
  type Shape,
  typicalOf,
} from '../../packages/server/src/modules/market/index.ts'
import type { Comparison } from '../run/result.ts'
import { FGD_COVERAGE, POLICIES } from './policies.ts'
import { arrivalsOf, play, randomOf, type Run, shuffled } from './protocol.ts'
import type { Published } from './published.ts'
import { deviation, mean, signedRankP } from './statistics.ts'

export const POINTS = [100, 130] as const

export interface Workload {
  readonly name: string
  readonly nodes: readonly NodeState[]
  readonly pods: readonly Shape[]
  readonly seeds: readonly number[]
}

/** By policy, the runs in the order of the seeds. */
export type Runs = Readonly<Record<string, readonly Run[]>>

/** A pause between runs lets the process be interrupted, and its progress be seen. */
async function breathe(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function runOnce({ nodes, pods }: Workload, policy: string, seed: number): Run {
  const capacityMilli = nodes.reduce((sum, node) => sum + node.idleMilli, 0)
  const random = randomOf(seed)
  const arrivals = arrivalsOf(pods, capacityMilli, random)
  // As the authors' simulator has it: nodes get new names by the seed, and of equals the first by name is taken.
  const named = shuffled(nodes, random)
  const stand = POLICIES[policy]?.({ nodes: named, pods, random })
  if (!stand) throw new Error(`There is no policy ${policy}.`)
  const fragmentation = new Fragmentation(typicalOf(pods, FGD_COVERAGE))
  return play({ arrivals, capacityMilli, points: POINTS }, stand.offer, () => {
    let sum = 0
    stand.eachState((state, count) => {
      sum += count * fragmentation.of(state)
    })
    return sum
  })
}

export async function runWorkload(workload: Workload): Promise<Runs> {
  const runs: Record<string, Run[]> = {}
  for (const policy of Object.keys(POLICIES)) {
    const own: Run[] = (runs[policy] = [])
    for (const seed of workload.seeds) {
      own.push(runOnce(workload, policy, seed))
      await breathe()
    }
  }
  return runs
}

/** Allocated GPU % of each run at a point; where no pod arrived just there, at the last before it. */
export function allocatedAt(runs: readonly Run[], point: number): readonly number[] {
  return runs.map(({ allocated }) => {
    for (let at = point; at >= 0; at--) {
      const value = allocated.get(at)
      if (value !== undefined) return value
    }
    return 0
  })
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values)
}

interface PublishedBoth {
  readonly allocated: Published
  readonly fragmented: Published
}

/** Every policy's figures for one workload. */
export function compare(runs: Runs, published: PublishedBoth): Comparison {
  const rows = Object.entries(runs).map(([policy, own]) => {
    const figures = POINTS.flatMap((point) => {
      const allocated = allocatedAt(own, point)
      const fragments = own.flatMap(({ fragmented }) => fragmented.get(point) ?? [])
      return [
        [`allocated_at_${point}`, mean(allocated)],
        [`sd_at_${point}`, deviation(allocated)],
        [`fragmented_at_${point}`, meanOrNull(fragments)],
        [`published_at_${point}`, meanOrNull(published.allocated(policy, point))],
        [`published_fragmented_at_${point}`, meanOrNull(published.fragmented(policy, point))],
      ] as const
    })
    return [policy, Object.fromEntries(figures)] as const
  })
  return Object.fromEntries(rows)
}

/** Ours against FGD, at each point: against the published, and seed by seed against the one run here. */
export function contest(runs: Runs, { allocated }: PublishedBoth): Record<string, number | null> {
  const { ours = [], FGD = [] } = runs
  const figures = POINTS.flatMap((point) => {
    const own = allocatedAt(ours, point)
    const their = allocatedAt(FGD, point)
    const theirPublished = meanOrNull(allocated('FGD', point))
    const against = (value: number, other: number | null) => (other === null ? null : value - other)
    const differences = own.map((value, index) => value - (their[index] ?? 0))
    return [
      [`over_published_at_${point}`, against(mean(own), theirPublished)],
      [`over_fgd_at_${point}`, mean(differences)],
      [`p_at_${point}`, signedRankP(differences)],
      [`fgd_less_published_at_${point}`, against(mean(their), theirPublished)],
    ] as const
  })
  return Object.fromEntries(figures)
}
