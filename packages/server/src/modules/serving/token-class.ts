/** Classes of tokens that may have a price of their own, and how their SKUs are named. Pure. */

export const CLASSES = {
  cachedInput: { suffix: 'cached_input', words: 'input tokens read from a cache, of' },
  cacheWrite: { suffix: 'cache_write', words: 'input tokens written to a cache, of' },
  reasoning: { suffix: 'reasoning', words: 'output tokens that are reasoning, of' },
} as const

export type TokenClass = keyof typeof CLASSES

export const TOKEN_CLASSES = Object.keys(CLASSES) as readonly TokenClass[]

export function classSku(model: string, tokenClass: TokenClass): string {
  return `tokens.${model}.${CLASSES[tokenClass].suffix}`
}
