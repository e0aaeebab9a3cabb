/**
 * The kernel's trusted clock over real readings: anchored anew every second, saved so that a restart continues it,
 * and never giving a time before one that it gave already. The rule itself is in `kernel/clock.ts`.
 */
import {
  anchorClock,
  type Clock,
  type ClockAnchor,
  type ClockReading,
  trustedTime,
} from '#kernel/clock.ts'
import type { SavedClock } from './anchor-file.ts'
import { type Machine, sleptMs } from './machine.ts'
import { Timeline } from './timeline.ts'

/** How far ahead the times of the next second are declared as given. */
const GIVEN_AHEAD_MS = 3_000

/**
 * The kernel rounds down to a whole unit at every anchoring. Counted in microseconds that is one part per million
 * at one anchor a second; in milliseconds it would be up to a thousand, more than the slew it allows.
 */
const UNITS_PER_MS = 1000

export interface TrustedClockOptions {
  readonly machine: Machine
  readonly saved: SavedClock | null
  readonly save: (saved: SavedClock) => void
}

export class TrustedClock implements Clock {
  readonly #machine: Machine
  readonly #save: (saved: SavedClock) => void
  readonly #timeline = new Timeline()
  #anchor: ClockAnchor
  #sleptMs: number
  #lastMs: number
  #givenUntilMs = Number.NEGATIVE_INFINITY

  constructor({ machine, saved, save }: TrustedClockOptions) {
    this.#machine = machine
    this.#save = save
    const isSameBoot = saved?.bootId === machine.bootId
    this.#sleptMs = sleptMs(machine, isSameBoot ? saved.sleptMs : null)
    const reading = this.#read()
    const last = saved === null ? null : inUnits(continueFrom(saved, reading))
    if (isSameBoot) this.#timeline.add(saved.anchor)
    this.#anchor = anchorClock(last, reading)
    this.#timeline.add(inMs(this.#anchor))
    this.#lastMs = Math.floor(inMs(this.#anchor).trustedMs)
    this.#declare()
  }

  readonly now = (): Date => new Date(this.#nowMs())

  readonly atMonotonic = (monotonicMs: number): Date => {
    const nowMs = this.#nowMs()
    const trustedMs = this.#timeline.trustedMsAt(monotonicMs)
    const isPast = monotonicMs <= this.#machine.monotonicMs()
    return new Date(Math.floor(isPast ? Math.min(trustedMs, nowMs) : trustedMs))
  }

  /** Call it every second. */
  tick(): void {
    this.#sleptMs = sleptMs(this.#machine, this.#sleptMs)
    this.#anchor = anchorClock(this.#anchor, this.#read())
    this.#timeline.add(inMs(this.#anchor))
    this.#declare()
  }

  #nowMs(): number {
    const units = trustedTime(this.#anchor, this.#read())
    this.#lastMs = Math.max(this.#lastMs, Math.floor(units / UNITS_PER_MS))
    // The ticks are late; the promise in the file comes first.
    if (this.#lastMs > this.#givenUntilMs) this.#declare()
    return this.#lastMs
  }

  #declare(): void {
    const anchor = inMs(this.#anchor)
    this.#givenUntilMs = Math.max(this.#lastMs, anchor.trustedMs) + GIVEN_AHEAD_MS
    this.#save({
      anchor,
      sleptMs: this.#sleptMs,
      bootId: this.#machine.bootId,
      givenUntilMs: this.#givenUntilMs,
    })
  }

  #read(): ClockReading {
    return {
      wallMs: this.#machine.wallMs() * UNITS_PER_MS,
      monotonicMs: this.#machine.monotonicMs() * UNITS_PER_MS,
      // A machine that slept is like one that was booted: its counter missed what passed.
      bootId: `${this.#machine.bootId}+${this.#sleptMs}`,
    }
  }
}

/** In the same stretch the counter tells what passed; after a boot nothing before the last given time may come. */
function continueFrom({ anchor, givenUntilMs }: SavedClock, reading: ClockReading): ClockAnchor {
  return anchor.bootId === reading.bootId ? anchor : { ...anchor, trustedMs: givenUntilMs }
}

function inUnits({ trustedMs, monotonicMs, bootId }: ClockAnchor): ClockAnchor {
  return { trustedMs: trustedMs * UNITS_PER_MS, monotonicMs: monotonicMs * UNITS_PER_MS, bootId }
}

function inMs({ trustedMs, monotonicMs, bootId }: ClockAnchor): ClockAnchor {
  return { trustedMs: trustedMs / UNITS_PER_MS, monotonicMs: monotonicMs / UNITS_PER_MS, bootId }
}
