/** The count as Anthropic writes it: there the input leaves out what was read from a cache or written to one. */
import type { Quantities } from '../../charge.ts'
import type { Json } from '../../frame/dialect.ts'

export function renderUsage(used: Quantities, tier?: string): Json {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = used
  return {
    input_tokens: inputTokens - cachedInputTokens - cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    output_tokens: outputTokens,
    ...(tier === undefined ? {} : { service_tier: tier }),
  }
}
