/** How many GPUs sold work may hold, by the rules of the published baselines. Each is made anew for a run. */
import { DemandEstimator } from '../demand/gde.ts'
import type { Quota } from '../policy.ts'
import type { World } from '../world.ts'
import { FeedbackRate } from './feedback.ts'

/** Of a normal distribution: nine tenths lie below the mean plus so many standard deviations. */
const Z_90 = 1.2816

/** A fixed part of the pool. */
export function staticQuota(part: number): Quota {
  return { refresh: () => undefined, limit: ({ grid }) => Math.floor(grid.capacity * part) }
}

/** What the greatest demand of the last week would leave. */
export function weekPeakQuota(): Quota {
  return withReserve(({ demand }) => Math.max(demand.total, ...demand.hours.slice(-168)))
}

function withReserve(reserve: (world: World) => number): Quota {
  let left = 0
  return {
    refresh: (world) => {
      left = Math.max(0, world.grid.capacity - reserve(world))
    },
    limit: () => left,
  }
}

/** What the demand of the next hours leaves with nine tenths of certainty. */
export function estimatedReserve(hours: number): (world: World) => number {
  const estimator = new DemandEstimator()
  return ({ demand }) => {
    let greatest = 0
    for (let ahead = 1; ahead <= hours; ahead++) {
      const { mean, variance } = estimator.forecast(demand, ahead)
      greatest = Math.max(greatest, Math.floor(mean + Z_90 * Math.sqrt(variance)))
    }
    return greatest
  }
}

/** The quota allocator of GFS; with feedback it sells less after evictions, and more while work waits without any. */
export function allocatedQuota(
  reserve: (world: World) => number,
  { hasFeedback }: { readonly hasFeedback: boolean },
): Quota {
  const feedback = hasFeedback ? new FeedbackRate() : null
  let left = 0
  return {
    refresh: (world) => {
      feedback?.refresh(world)
      const free = Math.max(0, world.grid.capacity - reserve(world))
      left = Math.min(world.grid.capacity, Math.floor(free * (feedback?.rate ?? 1)))
    },
    limit: () => left,
  }
}
