/** What is known of the ends of the owner's work at the instant of a forecast: by its limits, and by what is gone. */
import type { Demand } from './demand-series-service.ts'
import type { Distribution } from './forecast/distribution.ts'
import { withKnownEnds } from './forecast/forecast.ts'
import { hourOf, type WorkSpan } from './forecast/hourly.ts'
import { type EndsInput, knownEndsOf, type RunningWork } from './forecast/known-ends.ts'
import { HOUR_MS } from './forecast/series.ts'

/** Over so many hours it is looked at how much usually leaves. */
const PAST_HOURS = 168

/** Work of the owner that runs, whose it is, and when its limit ends it. */
export interface LimitedWork extends RunningWork {
  readonly pool: string
  readonly organizationId: string
}

/** What is known of the ends of a demand now, whatever the hours foreseen. */
export type EndsNow = Omit<EndsInput, 'horizonHours' | 'peak'>

/** What was wanted at an instant, by what had begun and was not over. */
function levelAt(spans: readonly WorkSpan[], atMs: number): number {
  let level = 0
  for (const { gpus, startsMs, endsMs } of spans)
    if (startsMs <= atMs && (endsMs === null || endsMs > atMs)) level += gpus
  return level
}

export function endsOf(
  { pool, organizationId, series, spans, told }: Demand,
  { now, limited }: { readonly now: Date; readonly limited: readonly LimitedWork[] },
): EndsNow {
  const nowMs = now.getTime()
  const hours = series.demand.length
  const first = Math.max(0, hours - PAST_HOURS)
  const sinceMs = series.startMs + first * HOUR_MS
  const recent = spans.filter(({ endsMs }) => endsMs === null || endsMs > sinceMs)
  const last = new Map(told.map(({ hour, gpusLast }) => [hour.getTime(), gpusLast]))
  const past = Array.from({ length: hours - first }, (_, index) => {
    const beginsMs = sinceMs + index * HOUR_MS
    const atEnd = Math.max(levelAt(recent, beginsMs + HOUR_MS), last.get(beginsMs) ?? 0)
    return { peak: series.demand[first + index] ?? 0, atEnd }
  })
  const heard = last.get(hourOf(nowMs)) ?? last.get(hourOf(nowMs) - HOUR_MS) ?? 0
  return {
    ...{ nowMs, past, lastHour: series.demand.at(-1) ?? 0 },
    now: Math.max(levelAt(recent, nowMs), heard),
    running: limited.filter(
      (work) =>
        work.pool === pool && (organizationId === null || work.organizationId === organizationId),
    ),
    ended: recent.filter(({ endsMs }) => endsMs !== null && endsMs <= nowMs),
  }
}

/** A forecast with what is known of the ends, a moment after the hour that it was made from. */
export function withEnds(
  peak: Distribution,
  ends: EndsNow | undefined,
  horizonHours: number,
): Distribution {
  return ends === undefined
    ? peak
    : withKnownEnds(peak, knownEndsOf({ ...ends, horizonHours, peak }))
}
