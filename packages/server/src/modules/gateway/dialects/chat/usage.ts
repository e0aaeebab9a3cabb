/** The count as OpenAI writes it. */
import type { Quantities } from '../../charge.ts'
import type { Json } from '../../frame/dialect.ts'

/** The classes stand beside the totals where the server told them. */
export function renderUsage(used: Quantities): Json {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = used
  const hasInputClass = cachedInputTokens !== undefined || cacheWriteTokens !== undefined
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(hasInputClass
      ? {
          prompt_tokens_details: {
            cached_tokens: cachedInputTokens ?? 0,
            ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
          },
        }
      : null),
    ...(reasoningTokens === undefined
      ? null
      : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  }
}
