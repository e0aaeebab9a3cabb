/** Reads a count as Converse writes it: its input leaves out what was read from a cache or written to one. */
import type { Quantities } from '../../charge.ts'
import { isObject } from '../../json.ts'

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

/** Absent is none; anything else that is no count makes the whole implausible. */
function countIn(usage: Readonly<Record<string, unknown>>, field: string): number {
  const value = usage[field] ?? 0
  return isCount(value) ? value : NaN
}

/** Null for anything that is not a plausible count. */
export function readUsage(usage: unknown): Quantities | null {
  if (!isObject(usage) || !isCount(usage['inputTokens'])) return null
  const outputTokens = countIn(usage, 'outputTokens')
  const cachedInputTokens = countIn(usage, 'cacheReadInputTokens')
  const cacheWriteTokens = countIn(usage, 'cacheWriteInputTokens')
  const inputTokens = usage['inputTokens'] + cachedInputTokens + cacheWriteTokens
  if (!isCount(inputTokens) || !isCount(outputTokens)) return null
  return {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens > 0 ? { cachedInputTokens } : {}),
    ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
  }
}
