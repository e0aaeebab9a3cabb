/** The owner's work over time as demand by the hour, from when each piece of it began and ended. Pure. */
import { HOUR_MS } from './series.ts'

export interface WorkSpan {
  readonly gpus: number
  readonly startsMs: number
  /** Null: it goes on. */
  readonly endsMs: number | null
}

/** The first instant of the hour that an instant lies in. */
export function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) * HOUR_MS
}

/** The most GPUs in use at once in each of the hours from an instant on. */
export function hourlyPeaks(
  spans: readonly WorkSpan[],
  { fromMs, hours }: { readonly fromMs: number; readonly hours: number },
): Float64Array {
  const changes = spans
    .flatMap(({ gpus, startsMs, endsMs }) => [
      { atMs: Math.max(startsMs, fromMs), gpus },
      ...(endsMs === null ? [] : [{ atMs: Math.max(endsMs, fromMs), gpus: -gpus }]),
    ])
    // What ends at an instant is gone when something begins at it.
    .toSorted((a, b) => a.atMs - b.atMs || a.gpus - b.gpus)
  const peaks = new Float64Array(hours)
  let [level, next] = [0, 0]
  for (let hour = 0; hour < hours; hour++) {
    const beginsMs = fromMs + hour * HOUR_MS
    while ((changes[next]?.atMs ?? Number.POSITIVE_INFINITY) <= beginsMs)
      level += changes[next++]?.gpus ?? 0
    let peak = level
    while ((changes[next]?.atMs ?? Number.POSITIVE_INFINITY) < beginsMs + HOUR_MS) {
      level += changes[next++]?.gpus ?? 0
      peak = Math.max(peak, level)
    }
    peaks[hour] = peak
  }
  return peaks
}
