/** `clock.json`: what a restart needs to continue trusted time. Written whole or not at all, once a second. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClockAnchor } from '#kernel/clock.ts'

export interface SavedClock {
  /** Of the last second. */
  readonly anchor: ClockAnchor
  /** Part of the boot's name in the anchor: see `sleptMs`. */
  readonly sleptMs: number
  readonly bootId: string
  /** No later time was given to anybody, so that a boot with its wall clock set back can continue from here. */
  readonly givenUntilMs: number
}

function clockPath(dataDir: string): string {
  return join(dataDir, 'clock.json')
}

/** Null when there is none, or when it was cut short by a crash of the machine: time then starts at the wall. */
export function readSavedClock(dataDir: string): SavedClock | null {
  try {
    const saved = JSON.parse(readFileSync(clockPath(dataDir), 'utf8')) as SavedClock
    const { anchor, sleptMs, givenUntilMs } = saved
    const numbers = [anchor.trustedMs, anchor.monotonicMs, sleptMs, givenUntilMs]
    return numbers.every(Number.isFinite) ? saved : null
  } catch {
    // Missing or cut short, as said above.
    return null
  }
}

/** Not flushed to the disk: that would wake it every second, and only a crash of the machine can tell. */
export function writeSavedClock(dataDir: string, saved: SavedClock): void {
  const draft = `${clockPath(dataDir)}.new`
  writeFileSync(draft, JSON.stringify(saved), { mode: 0o600 })
  renameSync(draft, clockPath(dataDir))
}
