/**
 * Spillway's own policy, by the functions of the live market where they exist: what is kept for the owner follows from
 * what runs now and how far demand rose at such hours; who goes loses least, with notice, and the gang is planned first.
 */
import { pastRises, quantileOf } from '../demand/rise.ts'
import type { Policy, Quota, Reclaim } from '../policy.ts'
import { GUARANTEE_S } from '../terms.ts'
import type { World } from '../world.ts'
import { besideItsLike } from './choice.ts'
import { type MarketRules, planGang, type ReclaimTaste } from './gang-reclaim.ts'

const HISTORY_HOURS = 672
const NOTICE_S = 30
const TASTE = { guaranteeS: GUARANTEE_S, stopGpuS: 600 }

export interface SpillwayVariant {
  /** Slots to keep for the owner's work within the guaranteed time. Absent: by the conditional rise. */
  readonly reserve?: (world: World, quantile: number) => number
  readonly hasFeedback?: boolean
  readonly quantile?: number
  /** The quantile by which whole nodes are kept. */
  readonly wholeQuantile?: number
  readonly evictedMost?: number
  readonly evictedLeast?: number
  readonly quantileMin?: number
  readonly step?: number
  readonly patienceS?: number
  readonly taste?: Partial<Omit<ReclaimTaste, 'rules'>>
}

/** Slots for what runs and waits now, and for the rise that so many of such hours stayed below. */
function conditionalReserve(): (world: World, quantile: number) => number {
  let rises: readonly number[] = []
  let hour = -1
  return ({ demand }, quantile) => {
    if (demand.hours.length !== hour) {
      hour = demand.hours.length
      const hourOfDay = demand.hourOfWeek % 24
      rises = pastRises({
        ...{ hours: demand.hours, hourOfDay, withinHours: 2 },
        ...{ hoursAround: 2, historyHours: HISTORY_HOURS },
      })
    }
    // Too little history to say: as much again as is wanted now.
    return demand.total + (quantileOf(rises, quantile) ?? demand.total)
  }
}

/** Evictions of the runs that ended lately move the quantile: more is kept after many, less while work waits. */
class QuantileFeedback {
  quantile: number
  readonly #hasFeedback: boolean
  #seen = 0
  #changedS = 0

  readonly #v: SpillwayVariant
  constructor(quantile: number, hasFeedback: boolean, v: SpillwayVariant) {
    this.#v = v
    this.quantile = quantile
    this.#hasFeedback = hasFeedback
  }

  refresh({ nowS, outcomes, queue }: World): void {
    if (!this.#hasFeedback || nowS - this.#changedS < 3_600) return
    let [ends, evictions] = [0, 0]
    for (; this.#seen < outcomes.length; this.#seen++) {
      ends++
      if (outcomes[this.#seen]?.isEvicted) evictions++
    }
    this.#changedS = nowS
    const share = ends === 0 ? 0 : evictions / ends
    const head = queue.spotHead
    const {
      evictedMost = 0.05,
      evictedLeast = 0.02,
      quantileMin = 0.3,
      step = 0.05,
      patienceS = 1_800,
    } = this.#v
    if (share > evictedMost) this.quantile = Math.min(0.98, this.quantile + step)
    else if (share < evictedLeast && head !== null && nowS - head.waitingSinceS > patienceS)
      this.quantile = Math.max(quantileMin, this.quantile - step)
  }
}

function spillwayQuota(variant: SpillwayVariant): Quota {
  const { reserve, hasFeedback = true, quantile = 0.9, wholeQuantile = 0 } = variant
  const feedback = new QuantileFeedback(quantile, hasFeedback, variant)
  const reserved = reserve ?? conditionalReserve()
  return {
    refresh: (world) => feedback.refresh(world),
    limit: (world) => world.grid.capacity - reserved(world, feedback.quantile),
    keptNodes: (world) =>
      wholeQuantile === 0
        ? 0
        : Math.ceil(
            (reserved(world, Math.max(feedback.quantile, wholeQuantile)) - world.demand.total) /
              world.grid.sizeMax,
          ),
  }
}

function reclaimBy(taste: ReclaimTaste): Reclaim {
  return (world, work) => {
    const { nodes, victims } = planGang(world, work, taste)
    for (const victim of victims) world.evict(victim)
    for (const node of nodes) world.grid.take(node, work.job.gpus, work.job.kind)
    return nodes
  }
}

export function spillway(rules: MarketRules, variant: SpillwayVariant = {}): Policy {
  return {
    quota: spillwayQuota(variant),
    choose: besideItsLike,
    reclaim: reclaimBy({ rules, ...TASTE, ...variant.taste }),
    rounds: null,
    notice: { noticeS: NOTICE_S },
  }
}
