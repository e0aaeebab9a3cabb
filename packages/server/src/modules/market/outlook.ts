/**
 * What the owner's demand will want soon, from how it went lately. Pure. It speaks only of a trend: demand that rose
 * again and again, and of what waits now. A single jump says nothing of the next, and then nothing is forecast.
 */

/** Slots of the owner's work from an instant on. */
export interface DemandSpan {
  readonly slots: number
  readonly startsMs: number
  /** Null: it goes on. */
  readonly endsMs: number | null
}

export interface DemandSample {
  readonly atMs: number
  readonly slots: number
}

/** The slots in use at the end of each step up to now, oldest first. */
export function sampleDemand(
  spans: readonly DemandSpan[],
  {
    nowMs,
    stepMs,
    steps,
  }: { readonly nowMs: number; readonly stepMs: number; readonly steps: number },
): readonly DemandSample[] {
  return Array.from({ length: steps + 1 }, (_, index) => {
    const atMs = nowMs - (steps - index) * stepMs
    const slots = spans
      .filter(({ startsMs, endsMs }) => startsMs <= atMs && (endsMs === null || endsMs > atMs))
      .reduce((sum, span) => sum + span.slots, 0)
    return { atMs, slots }
  })
}

/** Demand that rose at fewer of its steps is a jump and not a trend. */
const RISES_MIN = 2

/** Slots per millisecond, by least squares; null where the demand shows no rising trend. */
export function trendOf(samples: readonly DemandSample[]): number | null {
  const rises = samples.filter(({ slots }, index) => slots > (samples[index - 1]?.slots ?? slots))
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || rises.length < RISES_MIN || last.slots <= first.slots) return null
  const meanAtMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length
  const meanSlots = samples.reduce((sum, { slots }) => sum + slots, 0) / samples.length
  let [covariance, variance] = [0, 0]
  for (const { atMs, slots } of samples) {
    covariance += (atMs - meanAtMs) * (slots - meanSlots)
    variance += (atMs - meanAtMs) ** 2
  }
  return covariance > 0 ? covariance / variance : null
}

/** Slots that the demand will have grown by after a stretch; zero where nothing is forecast. */
export function growthWithin(samples: readonly DemandSample[], withinMs: number): number {
  const perMs = trendOf(samples)
  return perMs === null ? 0 : Math.round(perMs * withinMs)
}
