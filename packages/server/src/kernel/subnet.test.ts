import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callerAddress, isWithin } from './subnet.ts'

test.each([
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.2', '127.0.0.1/32', false],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['fe80::1%eth0', 'fe80::/10', true],
  ['::1', '0.0.0.0/0', false],
  ['1.2.3.4', '0.0.0.0/0', true],
])('%s in %s: %s', (address, network, is) => {
  expect(isWithin(address, network)).toBe(is)
})

test('what cannot be read is in no network', () => {
  for (const text of ['', 'x', '1.2.3', '1.2.3.256', '1:2', '1::2::3', '12345::'])
    for (const network of ['0.0.0.0/0', '::/0']) expect(isWithin(text, network)).toBe(false)
  for (const network of ['10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/-1', ''])
    expect(isWithin('10.0.0.0', network)).toBe(false)
})

test('an address is in a network exactly if their first bits are the same', () => {
  const address = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  const render = (value: number) => [24, 16, 8, 0].map((by) => (value >>> by) & 255).join('.')
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 32 }), (a, b, bits) => {
      const isSame = Math.floor(a / 2 ** (32 - bits)) === Math.floor(b / 2 ** (32 - bits))
      expect(isWithin(render(a), `${render(b)}/${bits}`)).toBe(isSame)
    }),
  )
})

test('a forwarded address counts only from a proxy of ours, and only what that one wrote', () => {
  const proxies = ['127.0.0.0/8', '10.0.0.0/8']
  expect(callerAddress('127.0.0.1', undefined, proxies)).toBe('127.0.0.1')
  expect(callerAddress('127.0.0.1', '6.6.6.6', [])).toBe('127.0.0.1')
  expect(callerAddress('9.9.9.9', '6.6.6.6', proxies)).toBe('9.9.9.9')
  expect(callerAddress('127.0.0.1', '6.6.6.6', proxies)).toBe('6.6.6.6')
  expect(callerAddress('127.0.0.1', '1.1.1.1, 6.6.6.6, 10.2.3.4', proxies)).toBe('6.6.6.6')
})
