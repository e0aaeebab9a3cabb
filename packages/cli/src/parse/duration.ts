/** Durations as people type them (`30s`, `5m`, `1h30m`) and instants (`2026-01-31`, `24h` ago). Pure. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const WHOLE = /^(?:\d+(?:ms|s|m|h|d))+$/
const PART = /(\d+)(ms|s|m|h|d)/g

/** Whole milliseconds, or null where the text is not a duration. A bare `0` needs no unit. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  if (!WHOLE.test(text)) return null
  let totalMs = 0
  for (const [, count = '', unit = ''] of text.matchAll(PART))
    totalMs += Number(count) * (UNIT_MS[unit] ?? Number.NaN)
  return Number.isSafeInteger(totalMs) ? totalMs : null
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|z|[+-]\d{2}:\d{2})$/

/**
 * An instant as RFC 3339 with milliseconds: a UTC day, an instant with its offset, or how long ago. Null for anything
 * else, also for a time without an offset, which would mean different hours to the two ends.
 */
export function parseInstant(text: string, nowMs: number): string | null {
  const agoMs = parseDuration(text)
  if (agoMs !== null) return new Date(nowMs - agoMs).toISOString()
  if (!DAY.test(text) && !INSTANT.test(text)) return null
  const ms = Date.parse(text.replace(' ', 'T').toUpperCase())
  if (Number.isNaN(ms)) return null
  const instant = new Date(ms).toISOString()
  // `2026-02-30` parses as the second of March: a day that does not exist is refused instead.
  return DAY.test(text) && !instant.startsWith(text) ? null : instant
}
