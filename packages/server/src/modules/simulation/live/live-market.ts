/**
 * The live market on a virtual clock: the book, who waits and who runs, and how each decision of the market becomes
 * true. Decides nothing: that is for the live market's own functions, which `look.ts`, `window.ts` and `hour.ts` ask.
 */
import type { ReclaimTerms } from '@spillway/contract'
import { assert, present } from '#kernel/assert.ts'
import type { Money } from '#kernel/money.ts'
import type { Holder, NodeSlots } from '#modules/market/index.ts'
import { Due } from '../due.ts'
import { CHECKPOINT_S, preemptionOverheadS } from '../terms.ts'
import { LivePool } from './live-pool.ts'
import { EventTrail } from './live-tally.ts'
import type { LiveRules } from './rules.ts'
import { type LiveRun, Stay } from './stay.ts'
import type { LivePoolPlan, Tenant } from './tenant.ts'

/** The first second is in an hour of the week that the workload says; weeks begin on this Monday, in UTC. */
const MONDAY_MS = Date.UTC(2024, 0, 1)
const HOUR_MS = 3_600_000

/** What becomes true, in order: for a test that holds it against the live controller. */
export interface LiveEvent {
  readonly atS: number
  readonly kind: 'placed' | 'noticed' | 'stopped' | 'finished' | 'left'
  readonly tenant: number
  readonly placements: readonly NodeSlots[]
  readonly priceUsd: Money | null
}

export interface MarketOrder {
  readonly pools: readonly LivePoolPlan[]
  readonly windowS: number
  readonly hourOfWeek: number
  readonly rules: LiveRules
  readonly onEvent?: (event: LiveEvent) => void
}

interface Ending {
  readonly stay: Stay
  readonly run: LiveRun
  readonly what: 'finished' | 'stopped'
}

export class LiveMarket {
  nowS = 0
  readonly rules: LiveRules
  readonly pools: ReadonlyMap<string, LivePool>
  readonly windowS: number
  readonly trail = new EventTrail()
  readonly running = new Set<Stay>()
  readonly wanting = new Set<Stay>()
  readonly stays: Stay[] = []
  readonly due = new Due<Ending>()
  readonly leaving = new Due<Stay>()
  /** Orders that were below the reserve, by when they ask again. */
  readonly refused = new Due<Stay>()
  readonly startMs: number
  /** Whether anything happened since the last look that could give somebody room. */
  hasNews = true
  /** Whether room was kept for the owner at the last look. */
  isKept = false
  readonly #onEvent: MarketOrder['onEvent']
  #leases = 0

  constructor({ pools, windowS, hourOfWeek, rules, onEvent }: MarketOrder) {
    this.rules = rules
    this.pools = new Map(pools.map((plan) => [plan.name, new LivePool(plan, windowS)]))
    this.windowS = windowS
    this.startMs = MONDAY_MS + hourOfWeek * HOUR_MS
    this.#onEvent = onEvent
  }

  /** Whether somebody is protected by the time it has run, so that time alone may change what is decided. */
  get hasMinimumRuns(): boolean {
    for (const { plan } of this.pools.values())
      if (
        plan.policy.spot.minimumRunMs +
          plan.policy.flex.minimumRunMs +
          plan.policy.on_demand.minimumRunMs >
        0
      )
        return true
    for (const { tenant } of this.running) if (tenant.promisedS > 0) return true
    return false
  }

  msOf(atS: number): number {
    return this.startMs + atS * 1_000
  }

  get nowMs(): number {
    return this.msOf(this.nowS)
  }

  poolOf({ tenant }: Stay): LivePool {
    return present(this.pools.get(tenant.pool), `the pool ${tenant.pool}`)
  }

  advance(toS: number): void {
    for (const { tally, wanted } of this.pools.values()) tally.hold(this.nowS, toS, wanted)
    this.nowS = toS
  }

  /** Who buys by the hour and who is the owner's gets a lease that waits; an order is for `order` to take. */
  submit(tenant: Tenant): Stay {
    const stay = new Stay(tenant)
    this.stays.push(stay)
    this.trail.note('came', this.nowS, tenant.id)
    if (tenant.kind === 'anchor') this.poolOf(stay).want(tenant.gpus)
    if (Number.isFinite(tenant.patienceS))
      this.leaving.add(stay.waitingSinceS + tenant.patienceS, stay)
    if (tenant.limit === null) this.#makeLease(stay)
    return stay
  }

  #makeLease(stay: Stay): void {
    stay.leaseId = `lease-${String(++this.#leases).padStart(9, '0')}`
    stay.createdMs = this.nowMs
    stay.state = 'wanting'
    this.wanting.add(stay)
    this.hasNews = true
  }

  /** An order is accepted at a price: its lease begins on the very slots that the window gave it. */
  fill(stay: Stay, priceUsd: Money, placements: readonly NodeSlots[]): void {
    this.poolOf(stay).orders.delete(stay)
    stay.agreedUsd = priceUsd
    this.#makeLease(stay)
    this.place(stay, placements)
  }

  /** The price at which its lease would start now; null for what is not sold by the hour. */
  priceOf(stay: Stay): Money | null {
    const { kind } = stay.tenant
    if (kind === 'anchor' || kind === 'serving') return null
    return stay.agreedUsd ?? this.poolOf(stay).plan.listUsd[kind]
  }

  place(stay: Stay, placements: readonly NodeSlots[]): void {
    assert(stay.state === 'wanting', 'only what waits is placed')
    const { tenant, restartS } = stay
    const pool = this.poolOf(stay)
    pool.book.take(placements)
    if (tenant.kind === 'anchor') pool.changeAnchor(tenant.gpus, this.nowMs)
    const run: LiveRun = {
      ...{ startedS: this.nowS, overheadS: restartS, placements, stopS: null },
      endS: this.nowS + restartS + stay.leftS,
      ...{ priceUsd: this.priceOf(stay), holders: [] },
    }
    run.holders = placements.map((place) => this.#holderOf(stay, run, place))
    Object.assign(stay, { run, state: 'running', restartS: 0 })
    stay.runs++
    stay.queuedS += this.nowS - stay.waitingSinceS
    this.wanting.delete(stay)
    this.running.add(stay)
    pool.tally.started(stay)
    this.trail.note('placed', this.nowS, tenant.id)
    if (Number.isFinite(run.endS)) this.due.add(run.endS, { stay, run, what: 'finished' })
    this.#tell('placed', stay)
  }

  #holderOf(stay: Stay, run: LiveRun, { nodeId, slots }: NodeSlots): Holder {
    const { kind } = stay.tenant
    const terms = this.termsOf(stay)
    return {
      ...{ leaseId: stay.leaseId, kind, nodeId, slots, priceUsd: run.priceUsd },
      startedMs: this.msOf(run.startedS),
      ...{ isDraining: false, reclaimFor: null, isTakenBack: false },
      ...(terms === null
        ? {}
        : {
            terms: {
              ...{ by: terms.by, minimumRunMs: terms.minimumRunMs },
              isCapReached:
                terms.perMonthMax !== null && this.reclaimsOf(stay) >= terms.perMonthMax,
            },
          }),
    }
  }

  /** As the live market gives them to a new lease. */
  termsOf(stay: Stay): ReclaimTerms | null {
    const { kind, promisedS } = stay.tenant
    return this.rules.termsOf(kind, this.poolOf(stay).plan.policy, promisedS * 1_000)
  }

  /** How often it was taken back in this calendar month. */
  reclaimsOf({ reclaims }: Stay): number {
    return reclaims.month === this.#month() ? reclaims.count : 0
  }

  #month(): string {
    return new Date(this.nowMs).toISOString().slice(0, 7)
  }

  /** It gets its notice; its slots are free when that has run out. */
  takeBack(stay: Stay, forLeaseId: string | null): void {
    const run = present(stay.run, 'the run of what is taken back')
    if (stay.state !== 'running') return
    stay.reclaims = { month: this.#month(), count: this.reclaimsOf(stay) + 1 }
    // Who starts and is taken back again within a second does not go round in it for ever.
    const leastS = stay.noticedS === this.nowS ? 1 : 0
    stay.noticedS = this.nowS
    const noticeS = Math.ceil((this.termsOf(stay)?.noticeMs ?? 0) / 1_000)
    run.stopS = this.nowS + Math.max(leastS, noticeS)
    run.holders = run.holders.map((holder) => ({
      ...holder,
      ...{ isDraining: true, isTakenBack: true, reclaimFor: forLeaseId },
    }))
    stay.state = 'draining'
    this.due.add(run.stopS, { stay, run, what: 'stopped' })
    this.trail.note('noticed', this.nowS, stay.tenant.id)
    this.#tell('noticed', stay)
  }

  /** Ends what is due now; ends of runs that are over already are of no account. */
  finishDue(): void {
    while (this.due.nextS <= this.nowS) {
      const ending = this.due.take()
      if (ending === null || ending.stay.run !== ending.run) continue
      if (ending.what === 'finished') this.finish(ending.stay)
      else this.#stop(ending.stay, ending.run)
    }
    while (this.leaving.nextS <= this.nowS) {
      const stay = this.leaving.take()
      if (stay && stay.runs === 0) this.leave(stay)
    }
  }

  /** It ends by itself, or because nobody needs it any more. */
  finish(stay: Stay): void {
    const run = present(stay.run, 'the run of what ends')
    this.#vacate(stay, run, 0)
    stay.leftS = 0
    stay.finishedS = this.nowS
    stay.state = 'ended'
    if (stay.tenant.kind === 'anchor') this.poolOf(stay).want(-stay.tenant.gpus)
    if (stay.tenant.promisedS > 0) this.poolOf(stay).promises.ended++
    this.trail.note('finished', this.nowS, stay.tenant.id)
    this.#tell('finished', stay)
  }

  /** Its notice has run out: it saved what it did, if there was one, and waits for room again. */
  #stop(stay: Stay, run: LiveRun): void {
    const { tenant } = stay
    const counts = this.poolOf(stay).tally.of(stay)
    const doneS = Math.min(stay.leftS, Math.max(0, this.nowS - run.startedS - run.overheadS))
    const lostS = (this.termsOf(stay)?.noticeMs ?? 0) > 0 ? 0 : doneS % CHECKPOINT_S
    this.#vacate(stay, run, lostS)
    counts.evictions++
    if (this.nowS - run.startedS < tenant.promisedS) {
      counts.broken++
      this.poolOf(stay).promises.broken++
    }
    if (tenant.promisedS > 0) this.poolOf(stay).promises.ended++
    this.#credit(stay, run)
    stay.leftS -= doneS - lostS
    stay.restartS = preemptionOverheadS(tenant.gpus)
    stay.evictions++
    stay.waitingSinceS = this.nowS
    stay.state = 'wanting'
    this.wanting.add(stay)
    this.trail.note('stopped', this.nowS, tenant.id)
    this.#tell('stopped', stay)
  }

  #credit(stay: Stay, run: LiveRun): void {
    const terms = present(this.termsOf(stay), 'the terms of what is taken back')
    const amount = this.rules.creditOf({
      ...{ terms, gpus: stay.tenant.gpus, priceUsd: run.priceUsd },
      ...{ startedMs: this.msOf(run.startedS), goneMs: this.nowMs },
    })
    this.poolOf(stay).tally.credited(stay, amount, this.nowS)
  }

  #vacate(stay: Stay, run: LiveRun, lostS: number): void {
    const pool = this.poolOf(stay)
    pool.book.give(run.placements)
    this.hasNews = true
    if (stay.tenant.kind === 'anchor') pool.changeAnchor(-stay.tenant.gpus, this.nowMs)
    pool.tally.ended(stay, run, { atS: this.nowS, lostS })
    this.running.delete(stay)
    stay.run = null
  }

  /** It goes elsewhere. */
  leave(stay: Stay): void {
    this.poolOf(stay).orders.delete(stay)
    this.wanting.delete(stay)
    stay.state = 'left'
    stay.finishedS = this.nowS
    this.poolOf(stay).tally.of(stay).turnedAway++
    this.trail.note('left', this.nowS, stay.tenant.id)
    this.#tell('left', stay)
  }

  /** What still runs at the end counts for what it did within the window. */
  close(): void {
    for (const stay of this.running)
      if (stay.run) this.poolOf(stay).tally.ended(stay, stay.run, { atS: this.nowS, lostS: 0 })
  }

  #tell(kind: LiveEvent['kind'], stay: Stay): void {
    this.#onEvent?.({
      ...{ atS: this.nowS, kind, tenant: stay.tenant.id },
      placements: stay.run?.placements ?? [],
      priceUsd: stay.run?.priceUsd ?? null,
    })
  }
}
