import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money, picos, rateIncrement } from '#kernel/money.ts'
import { chargeOf, splitByPrice, worstCharge, worstQuantities } from './charge.ts'

const route = {
  contextTokens: 8192,
  inputPrice: { amount: money('0.10'), per: 1_000_000n, unit: 'token' as const },
  outputPrice: { amount: money('0.40'), per: 1_000_000n, unit: 'token' as const },
}
const demand = { bodyBytes: 1000, hasOpaqueInput: false, outputTokensMax: 100, choices: 1 }

test.each([
  { name: 'short prompt, bounded answer', given: {}, want: [1256, 100] },
  { name: 'no bound on the answer', given: { outputTokensMax: null }, want: [1256, 8192] },
  { name: 'a bound beyond the context', given: { outputTokensMax: 1e9 }, want: [1256, 8192] },
  { name: 'a prompt beyond the context', given: { bodyBytes: 1e6 }, want: [8192, 100] },
  { name: 'an image in the prompt', given: { hasOpaqueInput: true }, want: [8192, 100] },
  { name: 'several choices', given: { choices: 3 }, want: [1256, 300] },
])('worst case: $name', ({ given, want }) => {
  const { inputTokens, outputTokens } = worstQuantities(8192, { ...demand, ...given })
  expect([inputTokens, outputTokens]).toEqual(want)
})

test('the worst case covers every use that the model allows', () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.nat(20_000), fc.nat(20_000), (bodyBytes, input, output) => {
      const worst = worstCharge(route, { ...demand, bodyBytes, outputTokensMax: null })
      const used = {
        inputTokens: Math.min(input, bodyBytes, 8192),
        outputTokens: Math.min(output, 8192),
      }
      expect(chargeOf(route, used)).toBeLessThanOrEqual(worst)
    }),
  )
})

test('what the gateway counts as spent covers what the ledger will charge, whatever was used before', () => {
  const price = fc.record({
    amount: fc.bigInt({ min: 0n, max: 10n ** 13n }).map(picos),
    per: fc.constantFrom(1n, 3n, 1000n, 1_000_000n),
    unit: fc.constant('token' as const),
  })
  fc.assert(
    fc.property(
      price,
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      fc.nat(100_000),
      (inputPrice, before, tokens) => {
        const spent = chargeOf({ ...route, inputPrice }, { inputTokens: tokens, outputTokens: 0 })
        expect(spent).toBeGreaterThanOrEqual(rateIncrement(inputPrice, before, BigInt(tokens)))
      },
    ),
  )
})

test('rounding of cumulative totals can cost one pico more than the quantity alone, which is covered', () => {
  // 1 pico for 2 tokens: after one token 0.5 rounds to 0, after three 1.5 rounds to 2.
  const inputPrice = { amount: picos(1n), per: 2n, unit: 'token' as const }
  expect(rateIncrement(inputPrice, 1n, 2n)).toBe(2n)
  const spent = chargeOf({ ...route, inputPrice }, { inputTokens: 2, outputTokens: 0 })
  expect(spent).toBe(2n)
})

test('what costs nothing needs no money', () => {
  const nothing = { ...route.inputPrice, amount: picos(0n) }
  expect(worstCharge({ ...route, inputPrice: nothing, outputPrice: nothing }, demand)).toBe(0n)
})

const perMillion = (amount: bigint) => ({
  amount: picos(amount),
  per: 1_000_000n,
  unit: 'token' as const,
})
const anyPrice = fc.bigInt({ min: 0n, max: 10n ** 14n }).map(perMillion)
const anyClass = fc.option(
  anyPrice.map((price) => ({ sku: 's', priceId: 'p', price })),
  { nil: undefined },
)
const anyRoute = fc.record({
  contextTokens: fc.constant(8192),
  inputPrice: anyPrice,
  outputPrice: anyPrice,
  classPrices: fc.record({ cachedInput: anyClass, cacheWrite: anyClass, reasoning: anyClass }),
})
const anyUse = fc.record({
  inputTokens: fc.nat(1256),
  outputTokens: fc.nat(100),
  cachedInputTokens: fc.nat(3000),
  cacheWriteTokens: fc.nat(3000),
  reasoningTokens: fc.nat(3000),
})

test('the worst case covers every mix of classes, whatever each costs', () => {
  fc.assert(
    fc.property(anyRoute, anyUse, (given, used) => {
      const classPrices = given.classPrices as Parameters<typeof splitByPrice>[0]['classPrices']
      const priced = { ...given, classPrices }
      expect(chargeOf(priced, used)).toBeLessThanOrEqual(worstCharge(priced, demand))
    }),
  )
})

test('classes take out of their total what they are, and never more than is there', () => {
  fc.assert(
    fc.property(anyRoute, anyUse, (given, used) => {
      const classPrices = given.classPrices as Parameters<typeof splitByPrice>[0]['classPrices']
      const { input, output, classes } = splitByPrice({ classPrices }, used)
      const sum = classes.reduce((tokens, { quantity }) => tokens + quantity, input + output)
      expect(sum).toBe(used.inputTokens + used.outputTokens)
      expect(Math.min(input, output)).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('an answer from a cache costs its own price for all of its tokens, and nothing else', () => {
  const price = { amount: money('0.01'), per: 1_000_000n, unit: 'token' as const }
  const cachedResponse = { sku: 'tokens.toy.cached_response', priceId: 'prc', price }
  const used = { inputTokens: 600, outputTokens: 400, isCachedResponse: true }
  const split = splitByPrice({ ...route, cachedResponse }, used)
  expect(split).toEqual({ input: 0, output: 0, classes: [{ ...cachedResponse, quantity: 1000 }] })
  expect(chargeOf({ ...route, cachedResponse }, used)).toBe(money('0.00001') + 1n)
  expect(() => chargeOf(route, used)).toThrow('a price of cached responses')
})
