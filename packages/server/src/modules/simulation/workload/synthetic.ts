/**
 * A synthetic list of jobs: anchor work that follows a given hourly level with a churn of short jobs on top of long
 * ones, and sold work that comes by chance through the day. Sizes, workers and durations are drawn from marginals.
 * Where the level falls faster than jobs end, running ones end early.
 */
import type { Job, JobKind } from '../job.ts'
import { Random } from '../random.ts'
import {
  drawDuration,
  drawShape,
  drawWeighted,
  type Marginals,
  type Shape,
  type Weighted,
} from './marginals.ts'

const HOUR_S = 3_600
/** Of so many draws the largest is taken where much is missing. */
const FILL_DRAWS = 24

export interface SyntheticOrder {
  readonly seed: number
  /** GPUs that anchor work holds in each hour. */
  readonly level: readonly number[]
  readonly anchor: Marginals
  readonly spot: Marginals
  readonly spotLoad: number
  /** From this hour on there is sold work. */
  readonly spotFromHour: number
  /** How much comes in each hour of the day; the mean is one. */
  readonly byHourOfDay: readonly number[]
  /** Positions of organizations, by how much of the anchor work is theirs. */
  readonly organizations: readonly Weighted[]
}

interface Draft {
  readonly kind: JobKind
  readonly organization: number
  readonly shape: Shape
  readonly submitS: number
  endS: number
}

class AnchorMaker {
  readonly #order: SyntheticOrder
  readonly #random: Random
  readonly #made: Draft[] = []
  #running: Draft[] = []

  constructor(order: SyntheticOrder) {
    this.#order = order
    this.#random = new Random(order.seed)
  }

  make(): readonly Draft[] {
    for (const [hour, level] of this.#order.level.entries()) this.#makeHour(hour, Math.round(level))
    return this.#made
  }

  #makeHour(hour: number, level: number): void {
    const fromS = hour * HOUR_S
    this.#running = this.#running.filter(({ endS }) => endS > fromS)
    let missing = level - this.#running.reduce((sum, each) => sum + gpusOfShape(each.shape), 0)
    const { anchor, byHourOfDay } = this.#order
    const mean = anchor.jobsPerHour * (byHourOfDay[hour % 24] ?? 1)
    for (let count = this.#random.poisson(mean); count > 0; count--) {
      const shape = drawShape(this.#random, anchor)
      // Half the churn comes even where there is no room, and another ends for it.
      if (gpusOfShape(shape) > missing && (missing < -0.05 * level || gpusOfShape(shape) > 64))
        continue
      missing -= this.#begin(fromS, shape, drawDuration(this.#random, anchor, shape))
    }
    if (missing > 0) this.#fill(fromS, missing)
    else this.#endEarly(fromS, -missing)
  }

  #begin(fromS: number, shape: Shape, durationS: number): number {
    const submitS = fromS + this.#random.below(HOUR_S)
    const draft: Draft = {
      ...{ kind: 'anchor', shape, submitS, endS: submitS + durationS },
      organization: drawWeighted(this.#random, this.#order.organizations),
    }
    this.#made.push(draft)
    this.#running.push(draft)
    return gpusOfShape(shape)
  }

  /** More is wanted than came: jobs of an hour and more, large ones, for steps of the level are made by large jobs. */
  #fill(fromS: number, wanted: number): void {
    let missing = wanted
    for (let tries = 0; missing > 0 && tries < 1_000; tries++) {
      const shape = this.#largestOf(FILL_DRAWS, missing)
      if (shape === null) continue
      let durationS = 0
      for (let draw = 0; durationS < HOUR_S && draw < 100; draw++)
        durationS = drawDuration(this.#random, this.#order.anchor, shape)
      missing -= this.#begin(fromS, shape, Math.max(HOUR_S, durationS))
    }
  }

  #largestOf(draws: number, atMost: number): Shape | null {
    let largest: Shape | null = null
    for (let draw = 0; draw < draws; draw++) {
      const shape = drawShape(this.#random, this.#order.anchor)
      const isLarger = largest === null || gpusOfShape(shape) > gpusOfShape(largest)
      if (gpusOfShape(shape) <= atMost && isLarger) largest = shape
    }
    return largest
  }

  /** More runs than is wanted: some of what began earlier ends within this hour. */
  #endEarly(fromS: number, surplus: number): void {
    let left = surplus
    for (let tries = 0; left > 0 && tries < 400; tries++) {
      const draft = this.#running[this.#random.below(this.#running.length)]
      if (!draft || draft.submitS >= fromS || gpusOfShape(draft.shape) > left) continue
      if (draft.endS <= fromS + HOUR_S) {
        left -= tries % 8 === 0 ? gpusOfShape(draft.shape) : 0
        continue
      }
      draft.endS = fromS + 1 + this.#random.below(HOUR_S - 1)
      left -= gpusOfShape(draft.shape)
    }
  }
}

function gpusOfShape({ gpus, workers }: Shape): number {
  return gpus * workers
}

function makeSpot(order: SyntheticOrder): readonly Draft[] {
  const random = new Random(order.seed ^ 0x5bd1e995)
  const { spot, spotLoad, spotFromHour, byHourOfDay, level } = order
  const drafts: Draft[] = []
  for (let hour = spotFromHour; hour < level.length; hour++) {
    const mean = spot.jobsPerHour * spotLoad * (byHourOfDay[hour % 24] ?? 1)
    for (let count = random.poisson(mean); count > 0; count--) {
      const shape = drawShape(random, spot)
      const submitS = hour * HOUR_S + random.below(HOUR_S)
      const endS = submitS + drawDuration(random, spot, shape)
      drafts.push({ kind: 'spot', organization: 0, shape, submitS, endS })
    }
  }
  return drafts
}

function asJobs(drafts: readonly Draft[]): readonly Job[] {
  return drafts
    .toSorted((a, b) => a.submitS - b.submitS)
    .map(({ kind, organization, shape, submitS, endS }, id) => ({
      ...{ id, kind, organization, ...shape, submitS },
      durationS: Math.max(1, endS - submitS),
    }))
}

/** The jobs by time of submission. The same order gives the same jobs. */
export function makeJobs(order: SyntheticOrder): readonly Job[] {
  return asJobs([...new AnchorMaker(order).make(), ...makeSpot(order)])
}

/** The sold ones alone. */
export function makeSoldJobs(order: SyntheticOrder): readonly Job[] {
  return asJobs(makeSpot(order))
}
