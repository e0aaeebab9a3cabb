/** The figures of a simulation, by kind of work, and over several seeds their mean with its confidence. Pure. */
import type { JobKind } from './job.ts'
import type { World } from './world.ts'

export interface Spread {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface KindSummary {
  readonly jobs: number
  readonly unfinished: number
  readonly completionS: Spread
  readonly queueingS: Spread
  readonly runs: number
  readonly evictions: number
  readonly evictionsPerRun: number
  readonly guaranteeFailureRate: number
  readonly lostGpuHours: number
  readonly overheadGpuHours: number
  readonly usefulGpuHours: number
  /** GPUs of runs that broke their guarantee: what a credit is due for. */
  readonly brokenGpus: number
}

export interface Summary {
  readonly hash: string
  readonly events: number
  /** Of the pool's GPU-time in the window: had by somebody; and of use to them. */
  readonly allocationRate: number
  readonly usefulRate: number
  readonly anchor: KindSummary
  readonly spot: KindSummary
}

const HOUR_S = 3_600

export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const at = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
  const mean = sorted.length === 0 ? 0 : sorted.reduce((sum, each) => sum + each, 0) / sorted.length
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

function summariseKind(world: World, kind: JobKind): KindSummary {
  const measured = world.works.filter(({ job }) => job.kind === kind && job.submitS >= 0)
  const done = measured.filter(({ finishedS }) => finishedS !== null)
  const counts = world.tally.byKind[kind]
  const perRun = (count: number) => (counts.runs === 0 ? 0 : count / counts.runs)
  return {
    jobs: measured.length,
    unfinished: measured.length - done.length,
    completionS: spreadOf(done.map(({ job, finishedS }) => (finishedS ?? 0) - job.submitS)),
    queueingS: spreadOf(done.map(({ queuedS }) => queuedS)),
    runs: counts.runs,
    evictions: counts.evictions,
    evictionsPerRun: perRun(counts.evictions),
    guaranteeFailureRate: perRun(counts.brokenGuarantees),
    lostGpuHours: counts.lostGpuS / HOUR_S,
    overheadGpuHours: counts.overheadGpuS / HOUR_S,
    usefulGpuHours: counts.usefulGpuS / HOUR_S,
    brokenGpus: counts.brokenGpus,
  }
}

export function summarise(world: World): Summary {
  const { tally, grid, workload } = world
  const totalGpuS = grid.capacity * workload.windowS
  const useful = tally.byKind.anchor.usefulGpuS + tally.byKind.spot.usefulGpuS
  return {
    hash: tally.hash,
    events: tally.events,
    allocationRate: (tally.heldGpuS.anchor + tally.heldGpuS.spot) / totalGpuS,
    usefulRate: useful / totalGpuS,
    anchor: summariseKind(world, 'anchor'),
    spot: summariseKind(world, 'spot'),
  }
}

export interface Estimate {
  readonly mean: number
  /** Half the width of the 95 % confidence interval; null of a single value. */
  readonly within: number | null
}

/** Two-sided 95 % of Student's distribution, by degrees of freedom; beyond, that of the normal. */
const STUDENT_95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16]

export function estimate(values: readonly number[]): Estimate {
  const count = values.length
  const mean = values.reduce((sum, each) => sum + each, 0) / Math.max(1, count)
  if (count < 2) return { mean, within: null }
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1)
  const student = STUDENT_95[count - 2] ?? 1.96
  return { mean, within: student * Math.sqrt(variance / count) }
}
