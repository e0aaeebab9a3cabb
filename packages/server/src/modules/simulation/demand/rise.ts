/**
 * How far the owner's demand rises above what it is now, within some hours, at this hour of the day: a quantile over
 * the last weeks. What runs now is known; only the rise is uncertain. Pure.
 */

/** Fewer say nothing of a quantile. */
export const RISES_MIN = 24

export interface RiseQuestion {
  /** The greatest demand of each hour, oldest first; the last one has ended. */
  readonly hours: readonly number[]
  readonly hourOfDay: number
  readonly withinHours: number
  /** Hours of the day that count as alike, either way. */
  readonly hoursAround: number
  readonly historyHours: number
}

/** Past rises at such hours, least first. A rise is never below zero. */
export function pastRises(question: RiseQuestion): readonly number[] {
  const { hours, hourOfDay, withinHours, hoursAround, historyHours } = question
  const end = hours.length
  const rises: number[] = []
  for (let at = Math.max(1, end - historyHours); at + withinHours <= end; at++) {
    const hour = (((hourOfDay - (end - at)) % 24) + 24) % 24
    const apart = Math.abs(hour - hourOfDay)
    if (Math.min(apart, 24 - apart) > hoursAround) continue
    let greatest = 0
    for (let ahead = 0; ahead < withinHours; ahead++)
      greatest = Math.max(greatest, hours[at + ahead] ?? 0)
    rises.push(Math.max(0, greatest - (hours[at - 1] ?? 0)))
  }
  return rises.sort((a, b) => a - b)
}

/** The value below which this part of the sorted values lies; null where there are too few to say. */
export function quantileOf(sorted: readonly number[], part: number): number | null {
  if (sorted.length < RISES_MIN) return null
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? null
}
