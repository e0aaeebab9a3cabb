/** Counts what happens on a pool of the simulated live market: GPU-time by tier, revenue, credits, reclaims. And a hash over all. */
import { add, type Money, rate, ZERO } from '#kernel/money.ts'
import { Timeline } from '../timeline.ts'
import type { LiveRun, Stay } from './stay.ts'
import { SOLD_TIERS, type SoldTier } from './tenant.ts'

export type Holding = SoldTier | 'anchor'

export interface TierCounts {
  runs: number
  evictions: number
  /** Taken back before its promised time was over. */
  broken: number
  /** Went elsewhere before they started. */
  turnedAway: number
  usefulGpuS: number
  overheadGpuS: number
  lostGpuS: number
  /** GPU-seconds within the window in which somebody had the GPU. */
  heldGpuS: number
  revenueUsd: Money
  creditsUsd: Money
}

function noCounts(): TierCounts {
  return {
    ...{ runs: 0, evictions: 0, broken: 0, turnedAway: 0, usefulGpuS: 0, overheadGpuS: 0 },
    ...{ lostGpuS: 0, heldGpuS: 0, revenueUsd: ZERO, creditsUsd: ZERO },
  }
}

/** A price for GPU-seconds. */
function perHour(amount: Money) {
  return { amount, per: 3_600n, unit: 'gpu_ms' } as const
}

const EVENTS = { came: 1, placed: 2, noticed: 3, stopped: 4, finished: 5, left: 6, cleared: 7 }

/** All that happened on every pool, as one number. */
export class EventTrail {
  events = 0
  #hashLow = 0x811c9dc5
  #hashHigh = 0x01000193

  /** The same number from two runs: the same decisions at the same seconds. */
  get hash(): string {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0')
    return hex(this.#hashHigh) + hex(this.#hashLow)
  }

  note(event: keyof typeof EVENTS, nowS: number, subject: number): void {
    this.events++
    for (const part of [EVENTS[event], nowS, subject]) {
      this.#hashLow = Math.imul(this.#hashLow ^ part, 0x01000193)
      this.#hashHigh = Math.imul(this.#hashHigh ^ (part + this.#hashLow), 0x85ebca6b)
    }
  }
}

export class LiveTally {
  readonly byTier: Readonly<Record<Holding, TierCounts>> = {
    anchor: noCounts(),
    ...(Object.fromEntries(SOLD_TIERS.map((tier) => [tier, noCounts()])) as Record<
      SoldTier,
      TierCounts
    >),
  }
  /** GPUs that each has now. */
  readonly now: Record<Holding, number> = {
    ...{ anchor: 0, on_demand: 0, guaranteed: 0, spot: 0, flex: 0, serving: 0 },
  }
  readonly timeline: Timeline<Holding | 'wanted'>
  readonly windowS: number

  constructor(windowS: number) {
    this.windowS = windowS
    this.timeline = new Timeline(windowS, ['wanted', 'anchor', ...SOLD_TIERS])
  }

  hold(fromS: number, toS: number, wanted: number): void {
    this.timeline.hold(fromS, toS, { ...this.now, wanted })
    const seconds = this.#within(fromS, toS)
    if (seconds <= 0) return
    this.byTier.anchor.heldGpuS += this.now.anchor * seconds
    for (const tier of SOLD_TIERS) this.byTier[tier].heldGpuS += this.now[tier] * seconds
  }

  of({ tier }: Stay): TierCounts {
    return this.byTier[tier ?? 'anchor']
  }

  started(stay: Stay): void {
    this.of(stay).runs++
    this.now[stay.tier ?? 'anchor'] += stay.tenant.gpus
  }

  /** A run is over: what it did counts, and what it had within the window is paid as metered. */
  ended(
    stay: Stay,
    run: LiveRun,
    { atS, lostS }: { readonly atS: number; readonly lostS: number },
  ) {
    const counts = this.of(stay)
    const { gpus } = stay.tenant
    this.now[stay.tier ?? 'anchor'] -= gpus
    const beganS = Math.min(run.startedS + run.overheadS, atS)
    counts.overheadGpuS += this.#within(run.startedS, beganS) * gpus
    counts.lostGpuS += lostS * gpus
    counts.usefulGpuS += this.#within(beganS, atS - lostS) * gpus
    if (run.priceUsd === null) return
    const paid = rate(
      perHour(run.priceUsd),
      BigInt(gpus * Math.round(this.#within(run.startedS, atS))),
    )
    counts.revenueUsd = add(counts.revenueUsd, paid)
  }

  credited(stay: Stay, amount: Money, atS: number): void {
    if (atS > this.windowS) return
    const counts = this.of(stay)
    counts.creditsUsd = add(counts.creditsUsd, amount)
  }

  /** Tokens that replicas served. */
  earned(amount: Money): void {
    const { serving } = this.byTier
    serving.revenueUsd = add(serving.revenueUsd, amount)
  }

  #within(fromS: number, toS: number): number {
    return Math.max(0, Math.min(toS, this.windowS) - Math.max(0, fromS))
  }
}
