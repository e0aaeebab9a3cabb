/** Reads a count as OpenAI-compatible servers write it, in the few places where they put its classes. Lenient. */
import type { Quantities } from '../../charge.ts'
import { isObject } from '../../json.ts'

/** Reads a `usage` object; null for anything that is not a plausible count. */
export function readUsage(usage: unknown): Quantities | null {
  if (!isObject(usage)) return null
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens = 0 } = usage
  if (!isCount(inputTokens) || !isCount(outputTokens)) return null
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage
  if (!isObject(input) && !isObject(output)) {
    const hit = usage['prompt_cache_hit_tokens']
    if (!isCount(hit)) return { inputTokens, outputTokens }
    return { inputTokens, outputTokens, cachedInputTokens: hit }
  }
  return {
    inputTokens,
    outputTokens,
    ...read('cachedInputTokens', input, 'cached_tokens'),
    ...read('cacheWriteTokens', input, 'cache_write_tokens'),
    ...read('reasoningTokens', output, 'reasoning_tokens'),
  }
}

function read(name: keyof Quantities, details: unknown, field: string) {
  const value = isObject(details) ? details[field] : undefined
  return isCount(value) ? { [name]: value } : null
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
