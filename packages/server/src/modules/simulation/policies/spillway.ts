/**
 * Spillway's own policy, by the functions of the live market where they exist: what is kept for the owner follows from
 * what runs now and how far demand rose at such hours, and is kept as whole nodes, for that is what gangs need; who goes
 * loses least, with notice, and the gang is planned first.
 */
import { pastRises, quantileOf, RISES_MIN } from '../demand/rise.ts'
import type { Policy, Quota, Reclaim } from '../policy.ts'
import { GUARANTEE_S } from '../terms.ts'
import type { World } from '../world.ts'
import { besideItsLike } from './choice.ts'
import { type MarketRules, planGang, type ReclaimTaste } from './gang-reclaim.ts'

const HISTORY_HOURS = 672
/** A guaranteed hour reaches into the hour after the one under way. */
const WITHIN_HOURS = 2
const HOURS_AROUND = 2
const ALL_HOURS = 12
const NOTICE_S = 30
/** Of the rises at such hours, so many are covered by what is kept; whole nodes are kept for more of them. */
const QUANTILE = 0.83
const WHOLE_NODES_QUANTILE = 0.95
/** A stop costs somebody as much as this, beside the restart on each GPU: few large gangs go rather than many small. */
const STOP_GPU_S = 20_000

export interface SpillwayVariant {
  /** Slots to keep for the owner's work within the guaranteed time. Absent: by the conditional rise. */
  readonly reserve?: (world: World, quantile: number) => number
  readonly hasFeedback?: boolean
  /** Whether what is kept is kept as whole nodes. */
  readonly keepsNodes?: boolean
}

/** Slots for what runs and waits now, and for the rise that so many of such hours stayed below. */
function conditionalReserve(): (world: World, quantile: number) => number {
  let rises: readonly number[] = []
  let hour = -1
  return ({ demand }, quantile) => {
    if (demand.hours.length !== hour) {
      hour = demand.hours.length
      const question = {
        ...{ hours: demand.hours, hourOfDay: demand.hourOfWeek % 24, withinHours: WITHIN_HOURS },
        historyHours: HISTORY_HOURS,
      }
      rises = pastRises({ ...question, hoursAround: HOURS_AROUND })
      // A few days know nothing of the hour, but of rises.
      if (rises.length < RISES_MIN) rises = pastRises({ ...question, hoursAround: ALL_HOURS })
    }
    // Too little history to say: as much again as is wanted now.
    return demand.total + (quantileOf(rises, quantile) ?? demand.total)
  }
}

/** How evictions of the runs that ended lately move the quantile. */
const FEEDBACK = {
  everyS: 3_600,
  evictedMost: 0.03,
  evictedLeast: 0.01,
  patienceS: 1_800,
  step: 0.03,
  least: 0.77,
  most: 0.9,
} as const

/** More is kept after many evictions, less while work waits and there are few. */
class QuantileFeedback {
  quantile = QUANTILE
  #seen = 0
  #changedS = 0

  refresh({ nowS, outcomes, queue }: World): void {
    if (nowS - this.#changedS < FEEDBACK.everyS) return
    let [ends, evictions] = [0, 0]
    for (; this.#seen < outcomes.length; this.#seen++) {
      ends++
      if (outcomes[this.#seen]?.isEvicted) evictions++
    }
    this.#changedS = nowS
    const share = ends === 0 ? 0 : evictions / ends
    const head = queue.spotHead
    const isWaiting = head !== null && nowS - head.waitingSinceS > FEEDBACK.patienceS
    if (share > FEEDBACK.evictedMost)
      this.quantile = Math.min(FEEDBACK.most, this.quantile + FEEDBACK.step)
    else if (share < FEEDBACK.evictedLeast && isWaiting)
      this.quantile = Math.max(FEEDBACK.least, this.quantile - FEEDBACK.step)
  }
}

function spillwayQuota({ reserve, hasFeedback = true, keepsNodes = true }: SpillwayVariant): Quota {
  const feedback = new QuantileFeedback()
  const reserved = reserve ?? conditionalReserve()
  return {
    refresh: (world) => {
      if (hasFeedback) feedback.refresh(world)
    },
    limit: (world) => world.grid.capacity - reserved(world, feedback.quantile),
    keptNodes: (world) => {
      if (!keepsNodes) return 0
      const quantile = Math.max(feedback.quantile, WHOLE_NODES_QUANTILE)
      const rise = Math.max(0, reserved(world, quantile) - world.demand.total)
      const wideShare = world.asked.all === 0 ? 1 : world.asked.wide / world.asked.all
      return Math.ceil((rise * wideShare) / world.grid.sizeMax)
    },
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
    reclaim: reclaimBy({ rules, guaranteeS: GUARANTEE_S, stopGpuS: STOP_GPU_S }),
    rounds: null,
    notice: { noticeS: NOTICE_S },
  }
}
