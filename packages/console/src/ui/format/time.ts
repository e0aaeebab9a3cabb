/** Instants and durations for the screen: relative in the text, exact UTC in the title. Reads no clock. */

const NO_BREAK = '\u00A0'
const SECOND_MS = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** A duration in at most two units: `45 s`, `12 min`, `2 h 04 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const size = Math.max(0, durationMs)
  if (size < SECOND_MS) return size === 0 ? `0${NO_BREAK}s` : `${Math.round(size)}${NO_BREAK}ms`
  if (size < 10 * SECOND_MS) return `${trim(size / SECOND_MS)}${NO_BREAK}s`
  if (size < MINUTE_MS) return `${Math.floor(size / SECOND_MS)}${NO_BREAK}s`
  if (size < HOUR_MS) return minutes(size)
  if (size < DAY_MS) return pair(size, { major: HOUR_MS, minor: MINUTE_MS, units: ['h', 'min'] })
  return pair(size, { major: DAY_MS, minor: HOUR_MS, units: ['d', 'h'] })
}

function trim(value: number): string {
  return String(Math.floor(value * 10) / 10)
}

function minutes(size: number): string {
  const whole = Math.floor(size / MINUTE_MS)
  const seconds = Math.floor((size % MINUTE_MS) / SECOND_MS)
  if (whole >= 10 || seconds === 0) return `${whole}${NO_BREAK}min`
  return `${whole}${NO_BREAK}min ${String(seconds).padStart(2, '0')}${NO_BREAK}s`
}

interface Pair {
  readonly major: number
  readonly minor: number
  readonly units: readonly [string, string]
}

function pair(size: number, { major, minor, units }: Pair): string {
  const high = Math.floor(size / major)
  const low = Math.floor((size % major) / minor)
  if (low === 0) return `${high}${NO_BREAK}${units[0]}`
  const padded = units[1] === 'min' ? String(low).padStart(2, '0') : String(low)
  return `${high}${NO_BREAK}${units[0]} ${padded}${NO_BREAK}${units[1]}`
}

/** One unit is enough beside a list: `12 s ago`, `in 4 min`, `now`. */
export function formatRelative(instant: string, nowMs: number): string {
  const differenceMs = Date.parse(instant) - nowMs
  const size = Math.abs(differenceMs)
  if (size < 2 * SECOND_MS) return 'now'
  const text = oneUnit(size)
  return differenceMs < 0 ? `${text} ago` : `in ${text}`
}

function oneUnit(size: number): string {
  if (size < MINUTE_MS) return `${Math.floor(size / SECOND_MS)}${NO_BREAK}s`
  if (size < HOUR_MS) return `${Math.floor(size / MINUTE_MS)}${NO_BREAK}min`
  if (size < DAY_MS) return `${Math.floor(size / HOUR_MS)}${NO_BREAK}h`
  return `${Math.floor(size / DAY_MS)}${NO_BREAK}d`
}

/** `2026-11-20 20:13:05.123 UTC`. */
export function exactInstant(instant: string): string {
  return `${new Date(instant).toISOString().replace('T', ' ').replace('Z', '')} UTC`
}

/** `20:13:05`, in UTC. */
export function clockTime(instant: string): string {
  return new Date(instant).toISOString().slice(11, 19)
}

/** `20 Nov 20:00`, in UTC: an hour of a table or a chart. */
export function formatHour(instant: string): string {
  const date = new Date(instant)
  const month = date.toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' })
  return `${date.getUTCDate()}${NO_BREAK}${month} ${date.toISOString().slice(11, 16)}`
}

/** Minutes and seconds left, never negative: `0:23`, `1:02:05`. */
export function formatCountdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND_MS))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const rest = `${hours > 0 ? two(Math.floor((seconds % 3600) / 60)) : Math.floor(seconds / 60)}:${two(seconds % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
