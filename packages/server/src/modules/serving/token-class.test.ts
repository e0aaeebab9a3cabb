/** What an answer from a cache costs where nobody says. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money, picos, ZERO } from '#kernel/money.ts'
import { defaultCachedResponse } from './token-class.ts'

const priceOf = (input: bigint, output: bigint) =>
  defaultCachedResponse({
    inputUsdPerMillionTokens: picos(input),
    outputUsdPerMillionTokens: picos(output),
  })

test('it is a tenth of input, of output where input is free, and nothing only where both are', () => {
  expect(priceOf(money('0.5'), money('2'))).toBe(money('0.05'))
  expect(priceOf(0n, money('2'))).toBe(money('0.2'))
  expect(priceOf(0n, 0n)).toBe(ZERO)
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 15n), fc.bigInt(0n, 10n ** 15n), (input, output) => {
      expect(priceOf(input, output) > 0n).toBe(input > 0n || output > 0n)
    }),
  )
})
