/** The end of an attempt, as the money sees it: up to where it was charged, and what of that stands. Pure. */
import type { IdSource } from '#kernel/ids.ts'
import type { Lease } from './lease.ts'

/** What is known when an attempt is closed, with its lease locked. */
export interface Closing {
  readonly goneAt: Date
  /** Up to where its use was charged; null where it never ran. */
  readonly meteredUntil: Date | null
  readonly now: Date
  readonly ids: IdSource
}

/** Up to where an attempt stays charged: no further than the last instant at which all of its GPUs were whole. */
export function chargeEnd(
  { startedAt, billableUntil }: Pick<Lease, 'startedAt' | 'billableUntil'>,
  meteredUntil: Date | null,
): Date | null {
  if (startedAt === null || meteredUntil === null) return null
  const bound =
    billableUntil !== null && billableUntil < meteredUntil ? billableUntil : meteredUntil
  return bound < startedAt ? startedAt : bound
}
