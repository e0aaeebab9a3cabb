/** Reads a count as Anthropic writes it: its input leaves out what was read from a cache or written to one. */
import type { Quantities } from '../../charge.ts'
import { isObject } from '../../json.ts'

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

/** Null for anything that is not a plausible count. A `message_delta` may tell the output alone; `before` has the rest. */
export function readUsage(usage: unknown, before: Quantities | null = null): Quantities | null {
  if (!isObject(usage)) return null
  const { input_tokens: fresh, output_tokens: output = 0 } = usage
  if (!isCount(output)) return null
  if (!isCount(fresh)) return before && { ...before, outputTokens: output }
  const cachedInputTokens = orNone(usage['cache_read_input_tokens'], before?.cachedInputTokens)
  const cacheWriteTokens = orNone(usage['cache_creation_input_tokens'], before?.cacheWriteTokens)
  return {
    inputTokens: fresh + cachedInputTokens + cacheWriteTokens,
    outputTokens: output,
    cachedInputTokens,
    cacheWriteTokens,
  }
}

function orNone(value: unknown, before = 0): number {
  return isCount(value) ? value : before
}
