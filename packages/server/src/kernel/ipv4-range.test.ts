/** Ranges of addresses decide what a lease may reach, so what is no range must not be read as one. */
import { expect, test } from 'vitest'
import { doRangesOverlap, parseIpv4Range } from './ipv4-range.ts'

test('a range is all addresses with its prefix, and an address alone is a range of one', () => {
  expect(parseIpv4Range('10.1.2.3/8')).toEqual({ from: 10 * 2 ** 24, to: 11 * 2 ** 24 - 1 })
  expect(parseIpv4Range('0.0.0.1')).toEqual({ from: 1, to: 1 })
  expect(parseIpv4Range('255.255.255.255/0')).toEqual({ from: 0, to: 2 ** 32 - 1 })
})

test.for(['', '10.0.0.0/33', '10.0.0.256', '10.0.0', '::1', '10.0.0.0/8; accept', ' 10.0.0.1'])(
  '`%s` is no range',
  (text) => expect(parseIpv4Range(text)).toBeNull(),
)

test('ranges overlap when one address is in both', () => {
  const range = (text: string) => parseIpv4Range(text) ?? { from: -1, to: -1 }
  expect(doRangesOverlap(range('10.0.0.0/8'), range('10.255.255.255'))).toBe(true)
  expect(doRangesOverlap(range('0.0.0.0/0'), range('127.0.0.1'))).toBe(true)
  expect(doRangesOverlap(range('10.0.0.0/8'), range('11.0.0.0/8'))).toBe(false)
})
