import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cost,
  counted,
  divideToEven,
  padPoints,
  parseAmount,
  renderAmount,
  renderPrice,
  renderQuantity,
  renderSeconds,
  renderShare,
} from './amount.ts'

test.each([
  ['2.5', '2.50'],
  ['0', '0.00'],
  ['-1', '-1.00'],
  ['1234567.000042', '1,234,567.000042'],
  ['0.000000000001', '0.000000000001'],
  ['99999999999999999999999999.999999999999', '99,999,999,999,999,999,999,999,999.999999999999'],
  ['not an amount', 'not an amount'],
])('%s reads %s', (text, want) => {
  expect(renderAmount(text)).toBe(want)
})

test.each([
  ['0.0000005', '0.00'],
  ['0.0000015', '0.000002'],
  ['0.00000051', '0.000001'],
  ['-0.0000015', '-0.000002'],
  ['0.9999999', '1.00'],
])('%s is rounded to six decimals, ties to even', (text, want) => {
  expect(renderAmount(text, 6)).toBe(want)
})

test('an amount that is rendered whole is the same amount', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), (picos) => {
      const magnitude = (picos < 0n ? -picos : picos).toString().padStart(13, '0')
      const text = `${picos < 0n ? '-' : ''}${magnitude.slice(0, -12)}.${magnitude.slice(-12)}`
      expect(parseAmount(text)).toBe(picos)
      expect(parseAmount(renderAmount(text).replaceAll(',', ''))).toBe(picos)
    }),
  )
})

test('rounding never moves an amount by more than half a unit', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(1n, 10n ** 12n), (value, divisor) => {
      const distance = divideToEven(value, divisor) * divisor - value
      expect((distance < 0n ? -distance : distance) * 2n <= divisor).toBe(true)
    }),
  )
})

test('quantities are exact, in the unit people think in', () => {
  expect(renderQuantity('1234567', 'gpu_ms')).toBe('1,234.567 GPU-s')
  expect(renderQuantity('9007199254740993', 'token')).toBe('9,007,199,254,740,993 tokens')
  expect(renderSeconds(1n)).toBe('0.001')
})

test('a price says what it is for', () => {
  expect(renderPrice({ amountUsd: '2.35', per: '3600000', unit: 'gpu_ms' })).toBe('2.35 / GPU-h')
  expect(renderPrice({ amountUsd: '0.1', per: '1000000', unit: 'token' }, 'USD')).toBe(
    '0.10 USD / 1M tokens',
  )
  expect(renderPrice({ amountUsd: '1', per: '7', unit: 'token' })).toBe('1.00 / 7 token')
})

test('what tokens cost is multiplied first and divided once', () => {
  expect(cost({ amountUsd: '0.10', per: '1000000', unit: 'token' }, 3n)).toBe(300_000n)
  expect(cost({ amountUsd: '', per: '', unit: 'token' }, 3n)).toBeNull()
})

test('a share is exact before it is rounded', () => {
  expect(renderShare(1n, 3n)).toBe('33.3 %')
  expect(renderShare(10n ** 30n, 10n ** 30n)).toBe('100.0 %')
  expect(renderShare(0n, 0n)).toBe('–')
})

test('amounts line up at their points', () => {
  expect(padPoints(['1.5', '22.25', '3', ''])).toEqual([' 1.5 ', '22.25', ' 3   ', '     '])
})

test('one of a thing is spoken of as one', () => {
  expect([0, 1, 1024].map((count) => counted(count, 'GPU'))).toEqual([
    '0 GPUs',
    '1 GPU',
    '1,024 GPUs',
  ])
})
