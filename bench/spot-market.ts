/**
 * The spot market: ten policies side by side, on a synthetic month made after the published marginals of a production
 * cluster and on the Chronus trace, with the same queues and whole gangs for all. `--trace F --fleet F` runs another.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  ABLATIONS,
  POLICIES,
  readTrace,
  simulate,
  unplaceable,
  windowOf,
  type Workload,
} from '../packages/server/src/modules/simulation/index.ts'
import {
  type BenchOptions,
  type BenchResult,
  type Comparison,
  type Figure,
  figureOf,
} from './run/result.ts'
import {
  type Calibration,
  readCalibration,
  syntheticWorkload,
  WINDOW_DAYS,
} from './spot-market/calibration.ts'
import { readFleet } from './spot-market/fleet.ts'
import { ablationNotes, judge } from './spot-market/gates.ts'
import { compare, CREDIT_PART, measureAll, PRICE_USD } from './spot-market/measure.ts'

export const flags = ['data', 'trace', 'fleet', 'pool', 'seeds']

const DAY_S = 86_400
const LOADS = [1, 2, 4]
const PAPER_FLEET = '287x8'
const CHRONUS_FLEET = '160x8'
/** Before it, the policies learn and the pool fills. */
const TRACE_LEARN_DAYS = 4
const FIRST_DAY = 31
const DAYS_APART = 4

interface Stand {
  readonly figures: Figure[]
  readonly comparisons: Record<string, Comparison>
  readonly notes: string[]
}

function run(
  stand: Stand,
  name: string,
  { workloads, fleet }: { readonly workloads: readonly Workload[]; readonly fleet: string },
): void {
  const sizes = readFleet(fleet)
  process.stderr.write(`${name}\n`)
  const outcomes = measureAll(workloads, sizes, { ...POLICIES, ...ABLATIONS })
  Object.assign(stand.comparisons, compare(name, outcomes))
  stand.figures.push(...judge(name, outcomes))
  stand.notes.push(...ablationNotes(name, outcomes))
  const hashes = Object.entries(outcomes).map(([policy, of]) => `${policy} ${of[0]?.summary.hash}`)
  stand.notes.push(`${name}: hashes of the first seed: ${hashes.join(', ')}.`)
}

function traceWorkload(
  stand: Stand,
  path: string,
  order: { fleet: string; pool?: string },
): Workload {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const sizes = readFleet(order.fleet)
  const nodeGpus = Math.max(...sizes)
  const reading = readTrace(text, { nodeGpus, ...(order.pool ? { pool: order.pool } : {}) })
  if (reading.kind === 'refused') throw new Error(`${path}:\n${reading.faults.join('\n')}`)
  const { organizations, jobs, notes } = reading
  const impossible = new Set(unplaceable(jobs, sizes))
  stand.notes.push(...notes.map((note) => `${path.split('/').at(-1)}: ${note}.`))
  if (impossible.size > 0)
    stand.notes.push(`${impossible.size} jobs are larger than the fleet and are left out.`)
  const lastS = jobs.at(-1)?.submitS ?? 0
  const spell = {
    fromS: TRACE_LEARN_DAYS * DAY_S,
    windowS: Math.min(WINDOW_DAYS * DAY_S, lastS - TRACE_LEARN_DAYS * DAY_S + 1),
    historyHours: TRACE_LEARN_DAYS * 24,
  }
  return windowOf(
    jobs.filter((job) => !impossible.has(job)),
    { organizations, spell },
  )
}

/** A month with at least fifty thousand jobs, by ours, on one core. */
function measureSpeed(stand: Stand, calibration: Calibration): void {
  const sizes = readFleet(PAPER_FLEET)
  const workload = syntheticWorkload({ calibration, seed: 1, startDay: FIRST_DAY, spotLoad: 8 })
  const policy = POLICIES['P8 spillway']
  if (!policy) return
  const rounds = Array.from({ length: 3 }, () => {
    const startMs = performance.now()
    simulate({ workload, sizes, policy })
    return (performance.now() - startMs) / 1_000
  })
  const target = { kind: 'at_most', value: 30 } as const
  stand.figures.push(
    figureOf({ name: 'a month of 2,296 GPUs, by P8 on one core', unit: 's', target }, rounds),
    { name: 'jobs in it', value: workload.jobs.length, unit: '' },
  )
}

function runSynthetic(stand: Stand, folder: string, { quick, flags: given }: BenchOptions): void {
  const fleet = given['fleet'] ?? PAPER_FLEET
  const gpus = readFleet(fleet).reduce((sum, size) => sum + size, 0)
  const calibration = readCalibration(folder, gpus)
  const seeds = Array.from(
    { length: Number(given['seeds'] ?? (quick ? 2 : 10)) },
    (_, at) => at + 1,
  )
  measureSpeed(stand, calibration)
  stand.notes.push(`The synthetic figures are means over ${seeds.length} seeds.`)
  for (const spotLoad of quick ? [4] : LOADS) {
    const workloads = seeds.map((seed) => {
      const startDay = FIRST_DAY + ((seed - 1) % 10) * DAYS_APART
      return syntheticWorkload({ calibration, seed, startDay, spotLoad })
    })
    run(stand, `synthetic, spot ×${spotLoad}`, { workloads, fleet })
  }
}

const NOTES = [
  'Reimplemented from published descriptions. The goals are published figures on a trace and a selection that are not public; nothing here reproduces them.',
  `Synthetic: 287 nodes of 8 GPUs; anchor work follows the real hourly demand of the A100 pool, scaled to the fleet, over ${WINDOW_DAYS} days, each seed from another day (31, 35, … of the series); spot is Poisson by hour of the day with the published sizes, workers and durations; ×1, ×2, ×4 is a multiple of the released spot rate. Wide spot jobs are shortened by one factor such that the mean GPU-hours of a job are the published ones.`,
  'All policies: anchor work in line by time of submission, and nobody passes its head; spot by time of submission, a gang that does not fit is passed; gangs whole, workers may share nodes; one GPU is the least that is given.',
  'Preemption costs 40 s (up to 8 GPUs) or 60 s, also for who preempts; checkpoints every 3,600 s. With a notice (P8, P9: 30 s, which the anchor work waits) spot work is taken to save before it stops; the ablation without notice shows what that is worth.',
  'P4, P5: quota by the estimator without feedback; P7: with feedback. The estimator is linear in trend, cycle and calendar, by organization, trained daily on 28 days. Guarantees are of one hour for all.',
  `Prices are fixed: ${PRICE_USD.guaranteed} USD a GPU-hour where a guarantee is given (all with a quota), with a credit of ${100 * CREDIT_PART} % of the guaranteed hour where it is broken; ${PRICE_USD.plain} USD where none is given; lost work is never paid. Revenue and rates count within the window; the queueing of all jobs submitted in it counts to their end.`,
  'The rules and constants of P8 were chosen on seeds 1 to 4 and on Chronus; seeds 5 to 10 were run once, afterwards, and judged it.',
  'Chronus MIX1: submit times and durations are taken as minutes; strict jobs are anchor work, best effort is spot; 160 nodes of 8 GPUs; the first four days are history.',
]

export default async function benchmarkSpotMarket(options: BenchOptions): Promise<BenchResult> {
  const { flags: given, quick } = options
  const stand: Stand = { figures: [], comparisons: {}, notes: [...NOTES] }
  const folder = given['data'] ?? process.env['SPILLWAY_TRACES'] ?? 'data/traces'
  const missing = [join(folder, 'gfs'), join(folder, 'chronus')].filter((path) => !existsSync(path))
  const trace = given['trace']
  if (!trace && missing.length > 0)
    throw new Error(
      `There is no ${missing.join(' and no ')}. Set SPILLWAY_TRACES or --data to a folder with the public tables (sultanul-ovi/GPU-Cluster-Spot-Resource-Dataset-Analysis as gfs/) and the Chronus trace (S-Lab-System-Group/ChronusArtifact as chronus/).`,
    )
  if (!trace) runSynthetic(stand, join(folder, 'gfs'), options)
  if (trace || !quick) {
    const path = trace ?? join(folder, 'chronus', 'trace_job_Philly_MIX1.csv.gz')
    const fleet = given['fleet'] ?? (trace ? PAPER_FLEET : CHRONUS_FLEET)
    const pool = given['pool']
    const workload = traceWorkload(stand, path, { fleet, ...(pool ? { pool } : {}) })
    run(stand, trace ? 'trace' : 'Chronus MIX1', { workloads: [workload], fleet })
  }
  return { title: 'Spot market: ten policies side by side', ...stand }
}
