/**
 * One counter of a rate limit: requests or tokens of a minute, or requests at once. A gateway takes shares of it from
 * the database and gives them out in memory. A share is good for its minute only, so that whatever order gateways come
 * in, no minute has more than its limit.
 */
import { minuteOf } from './minute.ts'

export interface MinuteDeps {
  readonly nowMs: () => number
  /** Takes what is needed of the minute and perhaps more; all that was given of it comes with it. May fail. */
  readonly take: (
    startsAtMs: number,
    needed: number,
  ) => Promise<{ readonly taken: number; readonly given: number }>
}

export class MinuteCounter {
  readonly #deps: MinuteDeps
  #startsAtMs = 0
  /** Of the whole minute, as it was last heard. */
  #given = 0
  /** Taken, and not given out. */
  #free = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: MinuteDeps) {
    this.#deps = deps
  }

  get startsAtMs(): number {
    return this.#startsAtMs
  }

  /** What is left of `most` as far as it is known here. */
  remaining(most: number): number {
    this.#turnOver()
    return Math.max(0, most - this.#given + this.#free)
  }

  /** Gives out at once, or says that the database has to be asked, or that there is too little. */
  tryTake(needed: number, most: number): 'taken' | 'ask' | 'refused' {
    this.#turnOver()
    if (this.#free >= needed) {
      this.#free -= needed
      return 'taken'
    }
    return needed > this.remaining(most) ? 'refused' : 'ask'
  }

  /** Takes, asking one after the other: the minute that it was taken of, or null. Throws when the database is away. */
  take(needed: number, most: number): Promise<number | null> {
    const taking = this.#turn.then(() => this.#takeInTurn(needed, most))
    this.#turn = taking.catch(() => undefined)
    return taking
  }

  /** Gives back what was taken in a minute and not used, if it is still that minute. */
  giveBack(startsAtMs: number, unused: number): void {
    this.#turnOver()
    if (this.#startsAtMs === startsAtMs) this.#free += unused
  }

  async #takeInTurn(needed: number, most: number): Promise<number | null> {
    for (;;) {
      const state = this.tryTake(needed, most)
      if (state !== 'ask') return state === 'taken' ? this.#startsAtMs : null
      const asked = this.#startsAtMs
      const { taken, given } = await this.#deps.take(asked, needed - this.#free)
      this.#turnOver()
      // What was taken of a minute that is over is gone with it.
      if (this.#startsAtMs !== asked) continue
      this.#given = given
      this.#free += taken
      if (this.#free < needed) return null
    }
  }

  #turnOver(): void {
    const startsAtMs = minuteOf(this.#deps.nowMs())
    // A clock that goes back does not bring a minute back.
    if (startsAtMs <= this.#startsAtMs) return
    this.#startsAtMs = startsAtMs
    this.#given = 0
    this.#free = 0
  }
}

export interface SlotDeps {
  readonly take: (wanted: number) => Promise<number>
  /** Says how many are kept. */
  readonly keep: (slots: number) => Promise<void>
}

/** Requests at once. Slots that were not needed since the last tick go back. */
export class SlotCounter {
  readonly #deps: SlotDeps
  #slots = 0
  #running = 0
  #peak = 0
  /** How many the database may believe to be here. */
  #believed = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: SlotDeps) {
    this.#deps = deps
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#believed === 0
  }

  tryTake(): boolean {
    if (this.#running >= this.#slots) return false
    this.#running += 1
    this.#peak = Math.max(this.#peak, this.#running)
    return true
  }

  /** Takes one, asking one after the other. Throws when the database cannot be asked. */
  take(): Promise<boolean> {
    const taking = this.#turn.then(async () => {
      if (this.tryTake()) return true
      this.#believed += 1
      const got = await this.#deps.take(1)
      this.#slots += got
      this.#believed = this.#slots
      return this.tryTake()
    })
    this.#turn = taking.catch(() => undefined)
    return taking
  }

  end(): void {
    this.#running -= 1
  }

  /** Gives back what was not needed since the last call, and says again what is kept after a failure. */
  tick(): Promise<void> {
    const kept = Math.max(this.#peak, this.#running)
    this.#peak = this.#running
    if (kept >= this.#slots && this.#believed === this.#slots) return Promise.resolve()
    const keeping = this.#turn.then(async () => {
      this.#slots = Math.min(this.#slots, Math.max(kept, this.#running))
      this.#believed = Math.max(this.#believed, this.#slots + 1)
      await this.#deps.keep(this.#slots)
      this.#believed = this.#slots
    })
    this.#turn = keeping.catch(() => undefined)
    return keeping
  }
}
