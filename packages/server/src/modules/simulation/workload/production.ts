/**
 * Work as it came to a production cluster: marginals of the public trace of 466,867 jobs (published derived tables), for
 * each GPU. And an owner's demand through the weeks, from a few numbers and a seed. Pure.
 */
import { Random } from '../random.ts'
import type { Demand } from '../scenario.ts'
import type { Marginals } from './marginals.ts'

const WORKERS_SEVERAL = [
  { value: 2, weight: 13_142 },
  { value: 4, weight: 9_867 },
  { value: 8, weight: 7_526 },
  { value: 16, weight: 3_300 },
  { value: 32, weight: 1_500 },
  { value: 64, weight: 600 },
]
const SEVERAL = WORKERS_SEVERAL.reduce((sum, { weight }) => sum + weight, 0)

function workers(share: number) {
  const several = WORKERS_SEVERAL.map(({ value, weight }) => ({ value, weight: share * weight }))
  return [{ value: 1, weight: (1 - share) * SEVERAL }, ...several]
}

/** Anchor work of a pool of so many GPUs. */
export function productionAnchor(gpus: number): Marginals {
  return {
    jobsPerHour: 0.0068 * gpus,
    gpus: [
      { value: 1, weight: 328_038 },
      { value: 2, weight: 19_589 },
      { value: 4, weight: 12_211 },
      { value: 8, weight: 55_533 },
    ],
    workers: workers(0.056),
    durationS: [
      ...[
        { part: 0, value: 5 },
        { part: 0.5, value: 1_854 },
        { part: 0.9, value: 49_487 },
      ],
      ...[
        { part: 0.95, value: 144_124 },
        { part: 0.99, value: 1_900_799 },
        { part: 1, value: 4_000_000 },
      ],
    ],
    wideDurationFactor: 1,
    gpusMax: Math.max(1, Math.floor(gpus / 4)),
  }
}

export function productionSpot(gpus: number): Marginals {
  return {
    jobsPerHour: 0.0025 * gpus,
    gpus: [
      { value: 1, weight: 36_108 },
      { value: 2, weight: 3_396 },
      { value: 4, weight: 5_812 },
      { value: 8, weight: 5_810 },
    ],
    workers: workers(0.315),
    durationS: [
      ...[
        { part: 0, value: 10 },
        { part: 0.5, value: 2_096 },
        { part: 0.9, value: 21_740 },
      ],
      ...[
        { part: 0.95, value: 35_864 },
        { part: 0.99, value: 186_322 },
        { part: 1, value: 1_000_000 },
      ],
    ],
    wideDurationFactor: 0.5,
    gpusMax: Math.max(1, Math.floor(gpus / 8)),
  }
}

/** Jobs that come in each hour of the day, as published; the mean is one. */
export const BY_HOUR_OF_DAY: readonly number[] = [
  ...[0.97, 0.83, 0.73, 0.69, 0.67, 0.73, 0.74, 0.78, 0.83, 0.88, 1.3, 1.34],
  ...[1.03, 1, 1.31, 1.3, 1.4, 1.32, 1.04, 1.1, 1.14, 1, 0.98, 0.94],
]

const PEAK_HOUR = 16
const NOISE = 0.015
/** How much of one hour's deviation is left in the next. */
const PERSISTENCE = 0.9

interface LevelOrder {
  readonly demand: Demand
  readonly seed: number
  readonly hours: number
  readonly gpus: number
}

/** GPUs that the owner wants in each hour: day and week, wandering, and surges that come by chance. */
export function demandLevel({ demand, seed, hours, gpus }: LevelOrder): readonly number[] {
  const random = new Random(seed ^ 0x51ed270b)
  let [wander, surgeLeft] = [0, 0]
  return Array.from({ length: hours }, (_, hour) => {
    const day = Math.cos((2 * Math.PI * ((hour % 24) - PEAK_HOUR)) / 24)
    const isWeekend = hour % 168 >= 120
    wander = PERSISTENCE * wander + NOISE * (random.next() + random.next() + random.next() - 1.5)
    if (surgeLeft > 0) surgeLeft--
    else if (random.next() < demand.surgesPerWeek / 168) surgeLeft = Math.round(demand.surgeHours)
    const share =
      demand.meanShare +
      demand.dailyShare * day -
      (isWeekend ? demand.weekendShare : 0) +
      wander +
      (surgeLeft > 0 ? demand.surgeShare : 0)
    return Math.max(0, Math.min(1, share)) * gpus
  })
}
