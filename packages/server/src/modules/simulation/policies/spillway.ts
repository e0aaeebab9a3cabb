/**
 * Spillway's own policy, by the functions of the live market where they exist: what is kept for the owner follows from
 * what runs now and how far demand rose at such hours; whole nodes are kept from work that would break them up; who goes
 * is told before, and the gang is planned first.
 */
import { pastRises, quantileOf, RISES_MIN } from '../demand/rise.ts'
import type { Policy, Quota, Reclaim } from '../policy.ts'
import { GUARANTEE_S } from '../terms.ts'
import type { Work } from '../work.ts'
import type { World } from '../world.ts'
import { besideItsLike } from './choice.ts'
import { type MarketRules, planGang } from './gang-reclaim.ts'

const HISTORY_HOURS = 672
/** A guaranteed hour reaches into the hour after the one under way. */
const WITHIN_HOURS = 2
const HOURS_AROUND = 2
const ALL_HOURS = 12
const NOTICE_S = 30
/** Of the rises at such hours, so many are covered by what is kept; whole nodes are kept for more of them. */
const QUANTILE = 0.55
const WHOLE_NODES_QUANTILE = 0.95
/** What was evicted comes back when the risk is smaller by this part: who was stopped once is not stopped again soon. */
const CAUTION = 0.2
/** A stop costs somebody as much as this, beside the restart on each GPU: few stops, rather than small ones. */
const STOP_GPU_S = 20_000

export interface SpillwayVariant {
  /** Slots to keep for the owner's work within the guaranteed time. Absent: by the conditional rise. */
  readonly reserve?: (world: World, quantile: number) => number
  readonly hasFeedback?: boolean
  /** Whether whole nodes are kept. */
  readonly keepsNodes?: boolean
  /** Whether what was evicted comes back with more caution. */
  readonly isCautious?: boolean
  /** Whether a stop is worth more that frees what the owner will want soon. */
  readonly freesAhead?: boolean
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

/** How promises that broke lately move the quantile. */
const FEEDBACK = {
  everyS: 3_600,
  /** Of the runs that ended, those of a week ago count for a third of those of now. */
  keptAnHour: 167 / 168,
  /** Fewer say nothing of a share. */
  endsMin: 100,
  brokenMost: 0.1,
  brokenLeast: 0.05,
  step: 0.03,
  most: 0.9,
} as const

/** More is kept after many broken promises, until they are few again. */
class QuantileFeedback {
  quantile = QUANTILE
  #seen = 0
  #changedS = 0
  #ends = 0
  #broken = 0

  refresh({ nowS, outcomes }: World): void {
    if (nowS - this.#changedS < FEEDBACK.everyS) return
    const kept = FEEDBACK.keptAnHour ** Math.floor((nowS - this.#changedS) / FEEDBACK.everyS)
    this.#changedS = nowS
    this.#ends *= kept
    this.#broken *= kept
    for (; this.#seen < outcomes.length; this.#seen++) {
      this.#ends++
      if (outcomes[this.#seen]?.isBroken) this.#broken++
    }
    if (this.#ends < FEEDBACK.endsMin) return
    const share = this.#broken / this.#ends
    if (share > FEEDBACK.brokenMost)
      this.quantile = Math.min(FEEDBACK.most, this.quantile + FEEDBACK.step)
    else if (share < FEEDBACK.brokenLeast)
      this.quantile = Math.max(QUANTILE, this.quantile - FEEDBACK.step)
  }
}

class Keeper implements Quota {
  readonly #reserve: (world: World, quantile: number) => number
  readonly #feedback: QuantileFeedback | null
  readonly #keepsNodes: boolean
  readonly #caution: number

  constructor(variant: SpillwayVariant) {
    const { reserve, hasFeedback = true, keepsNodes = true, isCautious = true } = variant
    this.#reserve = reserve ?? conditionalReserve()
    this.#feedback = hasFeedback ? new QuantileFeedback() : null
    this.#keepsNodes = keepsNodes
    this.#caution = isCautious ? CAUTION : 0
  }

  refresh(world: World): void {
    this.#feedback?.refresh(world)
  }

  limit(world: World, work: Work): number {
    return world.grid.capacity - this.#reserve(world, this.#quantileFor(work, this.#quantile))
  }

  /** Work that fills nodes may have them: one stop frees each of them whole. */
  keptNodes(world: World, work: Work): number {
    const { grid, asked, demand } = world
    if (!this.#keepsNodes || work.job.gpus * 2 > grid.sizeMax) return 0
    const quantile = Math.max(this.#quantile, WHOLE_NODES_QUANTILE)
    const rise = this.#reserve(world, this.#quantileFor(work, quantile)) - demand.total
    const wideShare = asked.all === 0 ? 1 : asked.wide / asked.all
    return Math.ceil((Math.max(0, rise) * wideShare) / grid.sizeMax)
  }

  /** How much more is sold than would be now, were it free: the owner is likely to want it soon. */
  excess(world: World): number {
    return world.grid.spotTotal - world.grid.capacity + this.#reserve(world, this.#quantile)
  }

  get #quantile(): number {
    return this.#feedback?.quantile ?? QUANTILE
  }

  #quantileFor(work: Work, quantile: number): number {
    return work.evictions === 0 ? quantile : 1 - (1 - quantile) * (1 - this.#caution)
  }
}

function reclaimFor(keeper: Keeper, rules: MarketRules, variant: SpillwayVariant): Reclaim {
  return (world, work) => {
    const usefulGpus = (variant.freesAhead ?? true) ? keeper.excess(world) : 1
    const taste = { rules, guaranteeS: GUARANTEE_S, stopGpuS: STOP_GPU_S, usefulGpus }
    const { nodes, victims } = planGang(world, work, taste)
    for (const victim of victims) world.evict(victim)
    for (const node of nodes) world.grid.take(node, work.job.gpus, work.job.kind)
    return nodes
  }
}

export function spillway(rules: MarketRules, variant: SpillwayVariant = {}): Policy {
  const keeper = new Keeper(variant)
  return {
    quota: keeper,
    choose: besideItsLike,
    reclaim: reclaimFor(keeper, rules, variant),
    rounds: null,
    notice: { noticeS: NOTICE_S },
  }
}
