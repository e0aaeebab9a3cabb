/**
 * How often a lease that runs well is looked at. Its engine tells of every change, so what is left is the meter, and
 * that has time while the lease's hold is full: the more leases run, the more slowly it goes round. Pure.
 */
import {
  LEASE_METER_EVERY_MAX_MS,
  LEASE_METER_EVERY_MS,
  LEASE_METER_SHARE_MS,
  LEASE_METER_TOGETHER_MS,
} from '../../limits.ts'

/** Leases that began together come apart again: each has its own part of this share less than a whole round. */
const SPREAD = 0.4

/** A number of its own for each lease, at least 0 and below 1. */
function shareOf(leaseId: string): number {
  let mixed = 0
  for (let at = 0; at < leaseId.length; at++)
    mixed = Math.imul(mixed ^ leaseId.charCodeAt(at), 0x01000193)
  return (mixed >>> 0) / 0x100000000
}

export class Beat {
  /** Whether the hold of each lease that runs was full when it was last metered. */
  readonly #isFull = new Map<string, boolean>()

  /** A lease runs, and this is how its hold was left. */
  note(leaseId: string, isFull: boolean): void {
    this.#isFull.set(leaseId, isFull)
  }

  /** Whether its hold could not be filled when it was last metered. */
  isShort(leaseId: string): boolean {
    return this.#isFull.get(leaseId) === false
  }

  /** A lease does not run any more. */
  drop(leaseId: string): void {
    this.#isFull.delete(leaseId)
  }

  /** How much use may be unmetered at most. A lease of which nothing is known is metered as if its money ran out. */
  meterEveryMs(leaseId: string): number {
    if (this.#isFull.get(leaseId) !== true) return LEASE_METER_EVERY_MS
    return Math.max(LEASE_METER_EVERY_MS, this.#roundMs * (1 - SPREAD * shareOf(leaseId)))
  }

  /** The instant for a look that is wanted at another: the same for many, so that they are metered together. */
  togetherMs(atMs: number): number {
    if (this.#roundMs <= LEASE_METER_EVERY_MS) return atMs
    return Math.ceil(atMs / LEASE_METER_TOGETHER_MS) * LEASE_METER_TOGETHER_MS
  }

  get #roundMs(): number {
    return Math.min(LEASE_METER_EVERY_MAX_MS, this.#isFull.size * LEASE_METER_SHARE_MS)
  }
}
