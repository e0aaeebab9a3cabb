/** The count as the Responses API writes it: every class is there, also where the server told none. */
import type { Quantities } from '../../charge.ts'
import type { Json } from '../../frame/dialect.ts'

export function renderUsage(used: Quantities): Json {
  const { inputTokens, outputTokens } = used
  return {
    input_tokens: inputTokens,
    input_tokens_details: {
      cached_tokens: used.cachedInputTokens ?? 0,
      cache_write_tokens: used.cacheWriteTokens ?? 0,
    },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: used.reasoningTokens ?? 0 },
    total_tokens: inputTokens + outputTokens,
  }
}
