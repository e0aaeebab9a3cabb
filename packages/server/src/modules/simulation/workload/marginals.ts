/** What jobs of a kind look like: how many come, how large they are, how long they run. Draws one from them. Pure. */
import type { Random } from '../random.ts'

export interface Weighted {
  readonly value: number
  readonly weight: number
}

export interface Marginals {
  readonly jobsPerHour: number
  /** GPUs of a worker. */
  readonly gpus: readonly Weighted[]
  readonly workers: readonly Weighted[]
  /** Points of the distribution of durations in seconds, by rising part; between them it is straight in the logarithm. */
  readonly durationS: readonly { readonly part: number; readonly value: number }[]
  /** Jobs of more than eight GPUs run for so much of a drawn duration. */
  readonly wideDurationFactor: number
  /** No job asks for more GPUs in all. */
  readonly gpusMax: number
}

const WIDE_GPUS = 8

export function drawWeighted(random: Random, values: readonly Weighted[]): number {
  return values[random.pick(values.map(({ weight }) => weight))]?.value ?? 1
}

/** The duration below which this part of the jobs lies. */
export function durationAt(points: Marginals['durationS'], part: number): number {
  let from = points[0]
  for (const to of points) {
    if (from && part <= to.part) {
      const width = to.part - from.part
      const along = width === 0 ? 0 : (part - from.part) / width
      return from.value * (to.value / from.value) ** along
    }
    from = to
  }
  return from?.value ?? 1
}

export interface Shape {
  readonly gpus: number
  readonly workers: number
}

export function drawShape(random: Random, marginals: Marginals): Shape {
  const gpus = drawWeighted(random, marginals.gpus)
  const workers = drawWeighted(random, marginals.workers)
  return { gpus, workers: Math.max(1, Math.min(workers, Math.floor(marginals.gpusMax / gpus))) }
}

/** The mean GPU-hours of a job, by drawing many. */
export function meanGpuHours(random: Random, marginals: Marginals): number {
  const draws = 20_000
  let sum = 0
  for (let draw = 0; draw < draws; draw++) {
    const shape = drawShape(random, marginals)
    sum += (shape.gpus * shape.workers * drawDuration(random, marginals, shape)) / 3_600
  }
  return sum / draws
}

export function drawDuration(random: Random, marginals: Marginals, shape: Shape): number {
  const drawn = durationAt(marginals.durationS, random.next())
  const isWide = shape.gpus * shape.workers > WIDE_GPUS
  return Math.max(1, Math.round(isWide ? drawn * marginals.wideDurationFactor : drawn))
}
