/**
 * Whether servers have room to spare, and how many lines of batches that is, by what they say of their own load. Where
 * nothing is known there is no room; where anybody waits, batches give way. Pure.
 */
import type { ServerLoad } from './server-load.ts'

export interface SpareView {
  /** What each server says of itself; null: nothing. */
  readonly loads: readonly (ServerLoad | null)[]
  /** Lines that run there from here. */
  readonly running: number
  readonly linesMax: number
}

/** Of its memory: beyond this a server soon has to make others wait. */
const KV_FULL = 0.85
/** Of places that a server counts, this many stay free for those who come. */
const KEPT_FREE = 1

/** Whether what has no claim on a place may be sent to a server that says this of itself. */
export function isSpare(load: ServerLoad | null): load is ServerLoad {
  if (load === null || isPressed(load)) return false
  return load.free === undefined || load.free > KEPT_FREE
}

function isPressed({ waiting, kvUse }: ServerLoad): boolean {
  return waiting > 0 || kvUse >= KV_FULL
}

/**
 * One more than run where a server does not count its places, so that the number grows until somebody waits; half of
 * what runs when somebody does. What became unknown takes nothing away, and gives nothing.
 */
export function linesAllowed({ loads, running, linesMax }: SpareView): number {
  if (loads.some((load) => load !== null && isPressed(load))) return Math.floor(running / 2)
  const room = loads
    .filter(isSpare)
    .reduce((sum, { free }) => sum + (free === undefined ? 1 : free - KEPT_FREE), 0)
  return Math.min(linesMax, running + room)
}
