/** A pool of the simulated live market at one moment: its book, the owner's demand on it so far, prices, and forecasts. */
import type { Money } from '#kernel/money.ts'
import type { DemandSpan, HourlyForecast } from '#modules/market/index.ts'
import { FloorBook } from './floor-book.ts'
import { LiveTally } from './live-tally.ts'
import type { Stay } from './stay.ts'
import type { LivePoolPlan } from './tenant.ts'

export interface PricePoint {
  readonly atS: number
  readonly promisedS: number
  readonly price: Money
  readonly reserve: Money
  readonly gpusSold: number
  readonly gpusOffered: number
}

export class LivePool {
  readonly plan: LivePoolPlan
  readonly book: FloorBook
  readonly tally: LiveTally
  /** The owner's greatest demand of each complete hour, oldest first; those before the start included. */
  readonly hours: number[]
  /** What the owner wants now, running or waiting. */
  wanted = 0
  anchorSlots = 0
  /** Orders that wait for a window. */
  readonly orders = new Set<Stay>()
  /** Of each promise, the price of the last window. */
  readonly lastPrice = new Map<number, Money>()
  readonly prices: PricePoint[] = []
  forecasts: readonly HourlyForecast[] = []
  /** How much of a promise is sold, by what lately broke and waited. */
  eta = 1
  readonly promises = { ended: 0, broken: 0 }
  #greatest = 0
  /** How the slots of the owner's work changed lately, and what they were before. */
  #changes: DemandSpan[] = []
  #before = 0

  constructor(plan: LivePoolPlan, windowS: number) {
    this.tally = new LiveTally(windowS)
    this.plan = plan
    this.book = new FloorBook(plan.name, plan.sizes)
    this.hours = [...plan.history]
  }

  want(gpus: number): void {
    this.wanted += gpus
    this.#greatest = Math.max(this.#greatest, this.wanted)
  }

  endHour(): void {
    this.hours.push(this.#greatest)
    this.#greatest = this.wanted
  }

  changeAnchor(slots: number, atMs: number): void {
    this.anchorSlots += slots
    this.#changes.push({ slots, startsMs: atMs, endsMs: null })
  }

  /** The owner's slots as spans, as far back as an instant. */
  spansSince(sinceMs: number): readonly DemandSpan[] {
    const recent = this.#changes.findIndex(({ startsMs }) => startsMs >= sinceMs)
    const old = recent < 0 ? this.#changes.length : recent
    for (const { slots } of this.#changes.splice(0, old)) this.#before += slots
    return [{ slots: this.#before, startsMs: -Infinity, endsMs: null }, ...this.#changes]
  }

  get hasChanged(): boolean {
    return this.#changes.length > 0
  }
}
