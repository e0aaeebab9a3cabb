/**
 * How long `spillway simulate` takes: a month of the live market on the virtual clock, as the fleet grows with its work,
 * and as more and more is asked of one fleet. Each run has a process's single thread for itself.
 */
import { loadavg } from 'node:os'
import {
  LIVE_RULES,
  liveTermsOf,
  madeWorkload,
  makePlan,
  type PlannedPool,
  readScenario,
  runLive,
} from '../packages/server/src/modules/simulation/index.ts'
import type { BenchOptions, BenchResult, Comparison, Figure } from './run/result.ts'

const DAYS = 31
/** A multiple of the spot work of the studied cluster, such that the target's jobs come. */
const LOAD = 9
const TARGET_NODES = 287
const TARGET_JOBS = 50_000
const TARGET_S = 30

const TERMS = {
  ...{ by: ['anchor' as const], noticeMs: 30_000, minimumRunMs: 0, perMonthMax: null },
  compensation: { kind: 'none' as const },
}

function poolOf(nodes: number): PlannedPool {
  return {
    name: 'p',
    sizes: Array.from({ length: nodes }, () => 8),
    ...{ spotUsdPerGpuHour: '1.4', onDemandUsdPerGpuHour: '2.5', flexUsdPerGpuHour: '0.9' },
    reclaim: {
      ...{ on_demand: { ...TERMS, by: [] }, spot: TERMS, flex: { ...TERMS, noticeMs: 0 } },
      evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
      anchorHeadroom: 0,
    },
    ...{ capexUsdPerGpu: '40000', residualFraction: 0.1, lifeYears: 5, powerKwPerGpu: 1.4 },
    ...{ opexUsdPerGpuHour: '0.15', idlePowerFraction: 0.3, pue: 1.1, powerUsdPerKwh: '0.05' },
  }
}

interface Size {
  readonly nodes: number
  /** A multiple of the spot work that came, per GPU, in the studied cluster. */
  readonly load: number
}

interface Took {
  readonly jobs: number
  readonly seconds: number
  readonly coreSeconds: number
}

function runOnce({ nodes, load }: Size): Took {
  const reading = readScenario(
    `name: speed\nhorizonDays: ${DAYS}\nseeds: 1\nspot: { load: ${load} }`,
  )
  if (reading.kind === 'refused') throw new Error(reading.faults.map(({ text }) => text).join('\n'))
  const planning = makePlan(reading.scenario, [poolOf(nodes)], null)
  const [variant] = planning.kind === 'planned' ? planning.plan.variants : []
  const [pool] = variant?.pools ?? []
  if (!variant || !pool) throw new Error('The plan makes no sense.')
  const seeded = { horizonDays: DAYS, seed: 1 }
  const workloads = [madeWorkload(pool, variant, seeded)]
  const [startedMs, cpu] = [performance.now(), process.threadCpuUsage()]
  const { market } = runLive(variant, {
    ...{ rules: LIVE_RULES, termsOf: liveTermsOf, workloads, ...seeded },
    onProgress: () => undefined,
  })
  const { user, system } = process.threadCpuUsage(cpu)
  return {
    jobs: market.stays.length,
    seconds: (performance.now() - startedMs) / 1_000,
    coreSeconds: (user + system) / 1e6,
  }
}

function nameOf({ nodes, load }: Size): string {
  return `${(nodes * 8).toLocaleString('en-US')} GPUs, spot ×${load}`
}

function figuresOf({ jobs, coreSeconds }: Took): readonly Figure[] {
  const gpus = (TARGET_NODES * 8).toLocaleString('en-US')
  return [
    {
      ...{ name: `a month of ${gpus} GPUs by the live market, on one core`, unit: 's' },
      ...{ value: coreSeconds, target: { kind: 'at_most', value: TARGET_S } },
    },
    {
      ...{ name: 'jobs in it', value: jobs, unit: '' },
      target: { kind: 'at_least', value: TARGET_JOBS },
    },
  ]
}

export default function benchmarkSimulate({ quick }: BenchOptions): Promise<BenchResult> {
  const before = loadavg()[0] ?? 0
  const fleets = quick ? [36, 72] : [36, 72, 144, TARGET_NODES, 2 * TARGET_NODES]
  const loads = quick ? [LOAD] : [1, 2, 4, LOAD, 2 * LOAD]
  const took = new Map<string, Took>()
  const runAll = (sizes: readonly Size[]): Comparison =>
    Object.fromEntries(
      sizes.map((size) => {
        const name = nameOf(size)
        process.stderr.write(`${name}\n`)
        const known = took.get(name) ?? runOnce(size)
        took.set(name, known)
        const { jobs, seconds, coreSeconds } = known
        return [
          name,
          { jobs, seconds, core_seconds: coreSeconds, ms_per_job: (1e3 * seconds) / jobs },
        ]
      }),
    )
  const growth = {
    'fleet grows with its work': runAll(fleets.map((nodes) => ({ nodes, load: LOAD }))),
    'more is asked of one fleet': runAll(
      loads.map((load) => ({ nodes: quick ? 72 : TARGET_NODES, load })),
    ),
  }
  const target = took.get(nameOf({ nodes: TARGET_NODES, load: LOAD }))
  return Promise.resolve({
    title: 'A month of the live market on the virtual clock',
    figures: target ? figuresOf(target) : [],
    comparisons: growth,
    notes: [
      `One pool of nodes with 8 GPUs, ${DAYS} days with 28 days of history, one seed: the owner's work by the defaults of a scenario, and plain spot by orders that windows clear each minute. Making the work is not counted; forecasts, prices, placement and reclaims are.`,
      `One thread, one run after the other in one process. The load average was ${before.toFixed(2)} before the runs and ${(loadavg()[0] ?? 0).toFixed(2)} after; core seconds are those of the thread alone.`,
    ],
  })
}
