/**
 * What a request may cost at most, and what it did cost, as the gateway keeps it in memory. The ledger rates by its
 * own exact cumulative rule; the gateway only has to be sure never to promise more than is held.
 */
import { add, ceiling, picos, type Money, type Price } from '#kernel/money.ts'
import type { Route } from './route.ts'

export interface Quantities {
  readonly inputTokens: number
  readonly outputTokens: number
}

type Priced = Pick<Route, 'contextTokens' | 'inputPrice' | 'outputPrice'>

/** Tokens that a server's chat template may add to what the client wrote. */
const TEMPLATE_TOKENS_MAX = 256

/** Rating by cumulative totals can put one pico more on an event than its own quantity would. */
const ROUNDING = picos(1n)

function cover(price: Price, quantity: number): Money {
  if (price.amount === 0n || quantity === 0) return picos(0n)
  return add(ceiling(price, BigInt(quantity)), ROUNDING)
}

export interface Demand {
  readonly bodyBytes: number
  readonly hasOpaqueInput: boolean
  readonly outputTokensMax: number | null
  readonly choices: number
}

/** The most tokens a request can use: a token is at least one byte, and nothing passes the context. */
export function worstQuantities(contextTokens: number, demand: Demand): Quantities {
  const written = demand.hasOpaqueInput ? Infinity : demand.bodyBytes + TEMPLATE_TOKENS_MAX
  return {
    inputTokens: Math.min(written, contextTokens),
    outputTokens: Math.min(demand.outputTokensMax ?? Infinity, contextTokens) * demand.choices,
  }
}

/** What quantities cost, rounded up. */
export function chargeOf(route: Priced, { inputTokens, outputTokens }: Quantities): Money {
  return add(cover(route.inputPrice, inputTokens), cover(route.outputPrice, outputTokens))
}

export function worstCharge(route: Priced, demand: Demand): Money {
  return chargeOf(route, worstQuantities(route.contextTokens, demand))
}
