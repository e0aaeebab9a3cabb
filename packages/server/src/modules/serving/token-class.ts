/** Classes of tokens that may have a price of their own, and how their SKUs are named. Pure. */
import { type Money, picos } from '#kernel/money.ts'

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

/** What each token of an answer costs that is given from a project's cache. Every model has such a price. */
export const cachedResponseSku = (model: string) => `tokens.${model}.cached_response`

/** What it costs where the operator does not say: this share of an input token, or of an output token where input is free. */
const CACHED_RESPONSE_SHARE = 10n

interface TokenPrices {
  readonly inputUsdPerMillionTokens: Money
  readonly outputUsdPerMillionTokens: Money
}

/** Never nothing for want of a word: it is rounded up, and nothing only where the whole model costs nothing. */
export function defaultCachedResponse(prices: TokenPrices): Money {
  const { inputUsdPerMillionTokens: input, outputUsdPerMillionTokens: output } = prices
  const whole = input > 0n ? input : output
  return picos((whole + CACHED_RESPONSE_SHARE - 1n) / CACHED_RESPONSE_SHARE)
}

/** Tiers that have prices of their own. */
export const PAID_TIERS = ['batch', 'flex', 'priority'] as const

export type PaidTier = (typeof PAID_TIERS)[number]

/** `kind` is a direction, or a class. No model's name has an @, so that no two SKUs are ever one. */
export function tierSku(model: string, tier: PaidTier, kind: string): string {
  return `tokens.${model}.${kind}@${tier}`
}
