/** Instants and durations as people read them. Pure: now comes in. */

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Two units at most: `450 ms`, `12.3 s`, `5 min 3 s`, `2 h 13 min`, `3 d 4 h`. */
export function renderDuration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  if (ms < MINUTE_MS) return `${trimZero((Math.floor(ms / 100) / 10).toFixed(1))} s`
  if (ms < HOUR_MS) return twoUnits(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's'])
  if (ms < DAY_MS) return twoUnits(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min'])
  return twoUnits(ms, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

/** How far from now: `3 min ago`, `in 12 s`, `just now`. One unit, since the exact instant is in `--json`. */
export function renderRelative(instant: string, nowMs: number): string {
  const distanceMs = Date.parse(instant) - nowMs
  if (Number.isNaN(distanceMs)) return instant
  if (Math.abs(distanceMs) < SECOND_MS) return 'just now'
  const length = oneUnit(Math.abs(distanceMs))
  return distanceMs < 0 ? `${length} ago` : `in ${length}`
}

/** For a moment that lies ahead: `in 12 s`, or `now` once it has passed. */
export function renderUntil(instant: string, nowMs: number): string {
  return Date.parse(instant) - nowMs < SECOND_MS ? 'now' : renderRelative(instant, nowMs)
}

/** The wall time of day in UTC: `14:03:02.123`, with the day in front when it is not today. */
export function renderClock(instant: string, nowMs: number): string {
  const day = instant.slice(0, 10)
  const time = instant.slice(11, 23)
  return day === new Date(nowMs).toISOString().slice(0, 10) ? time : `${day} ${time}`
}

/** An hour of the record: `2026-01-31 14:00`. */
export function renderHour(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)}`
}

/** The whole instant for records: `2026-01-31 14:03:02 UTC`. */
export function renderInstant(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`
}

function oneUnit(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`
  return `${Math.floor(ms / DAY_MS)} d`
}

type Unit = readonly [sizeMs: number, name: string]

function twoUnits(ms: number, large: Unit, small: Unit): string {
  const count = Math.floor(ms / large[0])
  const rest = Math.floor((ms - count * large[0]) / small[0])
  return rest === 0 ? `${count} ${large[1]}` : `${count} ${large[1]} ${rest} ${small[1]}`
}

function trimZero(text: string): string {
  return text.replace(/\.0$/, '')
}

/** When something that waits is likely to start; null for what does not wait. */
export function renderExpectedStart(
  start: { readonly p50At: string | null; readonly p90At: string | null } | null,
): string | null {
  if (start === null) return null
  const { p50At, p90At } = start
  if (p50At === null && p90At === null) return 'unknown'
  const by = p90At === null ? 'how late is unknown' : `nine in ten by ${renderInstant(p90At)}`
  return p50At === null ? by : `about ${renderInstant(p50At)}, ${by}`
}
