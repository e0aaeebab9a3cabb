/**
 * What a request may cost at most, and what it did cost, as the gateway keeps it in memory. The ledger rates by its
 * own exact cumulative rule; the gateway only has to be sure never to promise more than is held.
 */
import { present } from '#kernel/assert.ts'
import { add, ceiling, greatest, picos, rate, type Money, type Price } from '#kernel/money.ts'
import type { ClassPrice, Route } from './route.ts'

/**
 * Tokens of one answer. The totals are whole; the others say how many of them are of a class of their own, and are
 * absent where a server does not tell. `cachedInputTokens` and `cacheWriteTokens` are of the input, `reasoningTokens`
 * of the output.
 */
export interface Quantities {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly cacheWriteTokens?: number
  readonly reasoningTokens?: number
  /** The answer came from a cache: all of its tokens cost what such tokens cost. */
  readonly isCachedResponse?: boolean
}

type Priced = Pick<
  Route,
  'contextTokens' | 'inputPrice' | 'outputPrice' | 'classPrices' | 'cachedResponse'
>

/** One line of a bill. */
export interface PricedQuantity extends ClassPrice {
  readonly quantity: number
}

/** Tokens that a server's chat template may add to what the client wrote. */
const TEMPLATE_TOKENS_MAX = 256
/** With tools, servers add instructions on how to call them, and wrap each one anew. */
const TOOL_TEMPLATE_TOKENS_MAX = 1024

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
  readonly inputs?: number
  readonly needs?: { readonly tools: boolean }
}

/** The most tokens a request can use: a token is at least one byte, and nothing passes the context. */
export function worstQuantities(contextTokens: number, demand: Demand): Quantities {
  const template = demand.needs?.tools ? TOOL_TEMPLATE_TOKENS_MAX : TEMPLATE_TOKENS_MAX
  const written = demand.hasOpaqueInput ? Infinity : demand.bodyBytes + template
  return {
    inputTokens: Math.min(written, contextTokens * (demand.inputs ?? 1)),
    outputTokens: Math.min(demand.outputTokensMax ?? Infinity, contextTokens) * demand.choices,
  }
}

/** What the classes that have a price of their own take out of the totals, and what is left of these. */
export function splitByPrice(
  { classPrices, cachedResponse }: Pick<Route, 'classPrices' | 'cachedResponse'>,
  used: Quantities,
): { readonly input: number; readonly output: number; readonly classes: PricedQuantity[] } {
  if (used.isCachedResponse) {
    const quantity = used.inputTokens + used.outputTokens
    const line = { ...present(cachedResponse, 'a price of cached responses'), quantity }
    return { input: 0, output: 0, classes: quantity === 0 ? [] : [line] }
  }
  let { inputTokens: input, outputTokens: output } = used
  const classes: PricedQuantity[] = []
  if (!classPrices) return { input, output, classes }
  const { cachedInput, cacheWrite, reasoning } = classPrices
  const take = (price: ClassPrice | undefined, tokens: number | undefined, left: number) => {
    const quantity = price ? Math.min(tokens ?? 0, left) : 0
    if (price && quantity > 0) classes.push({ ...price, quantity })
    return left - quantity
  }
  input = take(cachedInput, used.cachedInputTokens, input)
  input = take(cacheWrite, used.cacheWriteTokens, input)
  output = take(reasoning, used.reasoningTokens, output)
  return { input, output, classes }
}

/** What quantities cost, rounded up. */
export function chargeOf(route: Priced, used: Quantities): Money {
  const { inputPrice, outputPrice } = route
  if (!route.classPrices && !used.isCachedResponse)
    return add(cover(inputPrice, used.inputTokens), cover(outputPrice, used.outputTokens))
  const { input, output, classes } = splitByPrice(route, used)
  return classes.reduce(
    (sum, { price, quantity }) => add(sum, cover(price, quantity)),
    add(cover(inputPrice, input), cover(outputPrice, output)),
  )
}

/** What quantities cost by themselves, exactly as each line of a bill is rated. */
export function ratedCost(route: Priced, used: Quantities): Money {
  const { inputPrice, outputPrice } = route
  const { input, output, classes } = splitByPrice(route, used)
  return add(
    rate(inputPrice, BigInt(input)),
    rate(outputPrice, BigInt(output)),
    ...classes.map(({ price, quantity }) => rate(price, BigInt(quantity))),
  )
}

/** The most that so many tokens cost when any of them may be of any class. */
function dearest(quantity: number, prices: readonly (Price | undefined)[]): Money {
  let worst = picos(0n)
  let roundings = picos(0n)
  for (const price of prices) {
    if (!price || price.amount === 0n) continue
    worst = greatest(worst, cover(price, quantity))
    // Each class is a line of its own, rounded up by itself.
    if (quantity > 0) roundings = add(roundings, picos(2n))
  }
  return prices.length === 1 ? worst : add(worst, roundings)
}

export function worstCharge(route: Priced, demand: Demand): Money {
  const worst = worstQuantities(route.contextTokens, demand)
  const { classPrices, inputPrice, outputPrice } = route
  if (!classPrices) return chargeOf(route, worst)
  const { cachedInput, cacheWrite, reasoning } = classPrices
  return add(
    dearest(worst.inputTokens, [inputPrice, cachedInput?.price, cacheWrite?.price]),
    dearest(worst.outputTokens, [outputPrice, reasoning?.price]),
  )
}
