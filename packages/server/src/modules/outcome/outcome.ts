/** What is reported of a task, and what of it is the same report again. Pure. */

/** What somebody says of a task. */
export interface Report {
  readonly organizationId: string
  readonly taskId: string
  readonly isSuccess: boolean
  readonly value: number | null
  readonly note: string | null
  /** The key that says it. */
  readonly reporter: string
  /** Null: it is no repetition of anything. */
  readonly idempotencyKey: string | null
}

export interface Outcome extends Report {
  readonly id: string
  readonly reportedAt: Date
  /** False: a later one took its place. */
  readonly isCurrent: boolean
}

/** Whether a report under a key that was used before says the same as then. */
export function isSameReport(earlier: Report, { isSuccess, value, note }: Report): boolean {
  return earlier.isSuccess === isSuccess && earlier.value === value && earlier.note === note
}

const HOUR_MS = 3_600_000

/** The first hour of which every attempt is still there. */
export function knownSince(now: Date, keptMs: number): Date {
  return new Date(Math.ceil((now.getTime() - keptMs) / HOUR_MS) * HOUR_MS)
}

export interface TaskPeriod {
  readonly from: Date
  /** Not included. */
  readonly to: Date
  /** Something of what was asked for is not known any more. */
  readonly isCut: boolean
}

/** Whole hours, as usage has them: each belongs to the period in which it begins. Null: nothing is left of it. */
export function taskPeriod(
  { from, to }: { readonly from: Date; readonly to: Date },
  since: Date,
): TaskPeriod | null {
  const first = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS
  const end = Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS
  const begin = Math.max(first, since.getTime())
  if (begin >= end) return null
  return { from: new Date(begin), to: new Date(end), isCut: begin > first }
}
