/** The clock of a running server: see `trusted-clock.ts`. The process that holds the data folder keeps it. */
import type { Clock } from '#kernel/clock.ts'
import { readSavedClock, writeSavedClock } from './anchor-file.ts'
import { type Machine, thisMachine } from './machine.ts'
import { TrustedClock } from './trusted-clock.ts'

const ANCHOR_EVERY_MS = 1000

export interface RunningClock extends Clock {
  stop(): void
}

export interface ClockOptions {
  readonly dataDir: string
  readonly machine?: Machine
  /** The anchor could not be saved, once per stretch of failures; time goes on. */
  readonly onSaveFailed?: (error: unknown) => void
}

/** Starts trusted time where the last server in this folder left it. */
export function startClock({ dataDir, machine, onSaveFailed }: ClockOptions): RunningClock {
  let isFailing = false
  const clock = new TrustedClock({
    machine: machine ?? thisMachine(),
    saved: readSavedClock(dataDir),
    save: (saved) => {
      try {
        writeSavedClock(dataDir, saved)
        isFailing = false
      } catch (error) {
        // A full disk must not stop time; what is lost is the promise over a reboot.
        if (!isFailing) onSaveFailed?.(error)
        isFailing = true
      }
    },
  })
  const ticking = setInterval(() => clock.tick(), ANCHOR_EVERY_MS)
  ticking.unref()
  return {
    now: clock.now,
    atMonotonic: clock.atMonotonic,
    stop: () => {
      clearInterval(ticking)
      clock.tick()
    },
  }
}
