/** How a caller stands in its rate limits, as headers: OpenAI's names, and Anthropic's for its clients. Pure. */
import type { DialectName } from './frame/dialect.ts'

/** How a request stands in the limits with the least left. */
export interface RateStanding {
  readonly requests: Left | null
  readonly tokens: Left | null
  /** When the minute is over. */
  readonly resetsAtMs: number
}

export interface Left {
  readonly limit: number
  readonly remaining: number
}

/** A duration as Go writes it, which is how OpenAI does: `250ms`, `1.5s`, `1m0s`. */
export function renderGoDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms))
  if (whole < 1000) return `${whole}ms`
  const minutes = Math.floor(whole / 60_000)
  const seconds = `${(whole - minutes * 60_000) / 1000}s`
  return minutes === 0 ? seconds : `${minutes}m${seconds}`
}

export function renderRateHeaders(
  standing: RateStanding,
  { dialect, nowMs }: { readonly dialect: DialectName; readonly nowMs: number },
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const kind of ['requests', 'tokens'] as const) {
    const left = standing[kind]
    if (left === null) continue
    const { limit, remaining } = left
    if (dialect === 'messages') {
      headers[`anthropic-ratelimit-${kind}-limit`] = String(limit)
      headers[`anthropic-ratelimit-${kind}-remaining`] = String(remaining)
      headers[`anthropic-ratelimit-${kind}-reset`] = new Date(standing.resetsAtMs).toISOString()
    } else {
      headers[`x-ratelimit-limit-${kind}`] = String(limit)
      headers[`x-ratelimit-remaining-${kind}`] = String(remaining)
      headers[`x-ratelimit-reset-${kind}`] = renderGoDuration(standing.resetsAtMs - nowMs)
    }
  }
  return headers
}
