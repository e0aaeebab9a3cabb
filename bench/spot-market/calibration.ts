/** What the synthetic trace is made from: the published marginals and the hourly demand of a pool, from their files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  makeJobs,
  type Marginals,
  meanGpuHours,
  Random,
  type Weighted,
  windowOf,
  type Workload,
} from '../../packages/server/src/modules/simulation/index.ts'

const DAY_S = 86_400
const HISTORY_DAYS = 28
export const WINDOW_DAYS = 31
/** Sold work begins a day before the window, so that it does not start with an empty pool. */
const SPOT_BEFORE_HOURS = 24
/** Jobs in the first hour of the trace that were there before it. */
const ALREADY_RUNNING = 3_740
const POOL = 'A100-SXM4-80GB'
const POOL_GPUS = 3_456
/** The top two hold 61 % of the time, as published; the others share the rest. */
const ORGANIZATIONS = [40, 21, 10, 7, 5, 4, 3, 3, 2, 2, 2, 1]

const points = z.looseObject({ p50: z.number(), p90: z.number(), p95: z.number(), p99: z.number() })
const both = z.object({ HP: z.number(), Spot: z.number() })
const schema = z.looseObject({
  days: z.number(),
  jobs: both,
  gpu_hours: both,
  jobs_by_model: z.record(z.string(), both),
  duration_seconds: z.looseObject({ Spot: points, [POOL]: points }),
  gpu_request_counts: z.object({
    HP: z.record(z.string(), z.number()),
    Spot: z.record(z.string(), z.number()),
  }),
  worker_num: z.looseObject({
    HP: z.looseObject({ multi_worker_jobs: z.number() }),
    Spot: z.looseObject({ multi_worker_jobs: z.number() }),
  }),
})

export interface Calibration {
  readonly level: readonly number[]
  readonly anchor: Marginals
  readonly spot: Marginals
  readonly byHourOfDay: readonly number[]
}

function column(path: string, name: string): readonly number[] {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  const at = header.split(',').indexOf(name)
  if (at < 0) throw new Error(`${path}: row 1, field ${name}: there is no such column`)
  return lines.map((line, row) => {
    const value = Number(line.split(',')[at] ?? Number.NaN)
    if (!Number.isFinite(value) || value < 0)
      throw new Error(`${path}: row ${row + 2}, field ${name}: is no number of at least 0`)
    return value
  })
}

/** A part of one GPU gets a whole one. */
function wholeGpus(counts: Readonly<Record<string, number>>): readonly Weighted[] {
  const weights = new Map<number, number>()
  for (const [gpus, count] of Object.entries(counts)) {
    const value = Math.ceil(Number(gpus))
    weights.set(value, (weights.get(value) ?? 0) + count)
  }
  return [...weights].map(([value, weight]) => ({ value, weight }))
}

type Points = z.infer<typeof points>

function durations({ p50, p90, p95, p99 }: Points, [least, most]: readonly [number, number]) {
  return [
    ...[
      { part: 0, value: least },
      { part: 0.5, value: p50 },
      { part: 0.9, value: p90 },
    ],
    ...[
      { part: 0.95, value: p95 },
      { part: 0.99, value: p99 },
      { part: 1, value: most },
    ],
  ]
}

/** The factor on the duration of wide jobs with which a mean job has the GPU-hours that it should have. */
function fitWide(marginals: Marginals, gpuHours: number): Marginals {
  let [low, high] = [0.01, 1]
  for (let round = 0; round < 20; round++) {
    const wideDurationFactor = (low + high) / 2
    const mean = meanGpuHours(new Random(1), { ...marginals, wideDurationFactor })
    if (mean > gpuHours) high = wideDurationFactor
    else low = wideDurationFactor
  }
  return { ...marginals, wideDurationFactor: low }
}

export function readCalibration(folder: string, gpus: number): Calibration {
  const path = (name: string) => join(folder, name)
  const known = schema.parse(JSON.parse(readFileSync(path('calibration.json'), 'utf8')))
  const scale = gpus / POOL_GPUS
  const workerCounts = column(path('worker_count_distribution.csv'), 'worker_num')
  const workerJobs = column(path('worker_count_distribution.csv'), 'jobs')
  const several = workerCounts.flatMap((value, at) =>
    value > 1 ? [{ value, weight: workerJobs[at] ?? 0 }] : [],
  )
  const severalTotal = several.reduce((sum, { weight }) => sum + weight, 0)
  const workers = (share: number) => [
    { value: 1, weight: (1 - share) * severalTotal },
    ...several.map(({ value, weight }) => ({ value, weight: share * weight })),
  ]
  const ofPool = known.jobs_by_model[POOL] ?? { HP: 0, Spot: 0 }
  const byHour = column(path('hour_of_day_patterns.csv'), 'jobs').map((jobs, hour) =>
    hour === 0 ? jobs - ALREADY_RUNNING : jobs,
  )
  const mean = byHour.reduce((sum, each) => sum + each, 0) / 24
  return {
    level: column(path('hourly_demand_by_pool.csv'), POOL).map((demand) => demand * scale),
    anchor: {
      jobsPerHour: (ofPool.HP / (known.days * 24)) * scale * 0.75,
      gpus: wholeGpus(known.gpu_request_counts.HP),
      workers: workers(known.worker_num.HP.multi_worker_jobs / known.jobs.HP),
      durationS: durations(known.duration_seconds[POOL], [5, 4_000_000]),
      ...{ wideDurationFactor: 1, gpusMax: 512 },
    },
    spot: fitWide(
      {
        jobsPerHour: (ofPool.Spot / ((known.days - 31) * 24)) * scale,
        gpus: wholeGpus(known.gpu_request_counts.Spot),
        workers: workers(known.worker_num.Spot.multi_worker_jobs / known.jobs.Spot),
        durationS: durations(known.duration_seconds.Spot, [10, 1_000_000]),
        ...{ wideDurationFactor: 1, gpusMax: 332 },
      },
      known.gpu_hours.Spot / known.jobs.Spot,
    ),
    byHourOfDay: byHour.map((jobs) => jobs / mean),
  }
}

export interface SyntheticCell {
  readonly calibration: Calibration
  readonly seed: number
  readonly startDay: number
  readonly spotLoad: number
}

/** A month of the pool, with the four weeks before it as history. */
export function syntheticWorkload({
  calibration,
  seed,
  startDay,
  spotLoad,
}: SyntheticCell): Workload {
  const { level, anchor, spot, byHourOfDay } = calibration
  const hours = level.slice((startDay - HISTORY_DAYS) * 24, (startDay + WINDOW_DAYS) * 24)
  const jobs = makeJobs({
    ...{ seed, level: hours, anchor, spot, spotLoad, byHourOfDay },
    spotFromHour: HISTORY_DAYS * 24 - SPOT_BEFORE_HOURS,
    organizations: ORGANIZATIONS.map((weight, value) => ({ value, weight })),
  })
  const spell = {
    fromS: HISTORY_DAYS * DAY_S,
    windowS: WINDOW_DAYS * DAY_S,
    historyHours: HISTORY_DAYS * 24,
  }
  const organizations = ORGANIZATIONS.map((_, at) => `organization-${at + 1}`)
  return windowOf(jobs, { organizations, spell })
}
