/**
 * What is booked of a pool for later, and what may therefore not be given to work that stays. Pure. What a block has already
 * is a claim like any other; here is what it does not have yet.
 */

/** Slots that a block is promised and does not have. */
export interface Booked {
  readonly blockId: string
  readonly startsMs: number
  readonly endsMs: number
  readonly slots: number
}

/** The most that is booked at one instant of a stretch. */
export function bookedWithin(booked: readonly Booked[], fromMs: number, untilMs: number): number {
  // What may be taken back at any time is in nobody's way.
  if (untilMs <= fromMs) return 0
  const within = booked.filter(({ startsMs, endsMs }) => startsMs < untilMs && endsMs > fromMs)
  const points = [fromMs, ...within.map(({ startsMs }) => startsMs)]
  const at = (pointMs: number) =>
    within
      .filter(({ startsMs, endsMs }) => startsMs <= pointMs && endsMs > pointMs)
      .reduce((sum, { slots }) => sum + slots, 0)
  return Math.max(0, ...points.map(at))
}
