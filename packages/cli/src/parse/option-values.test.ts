import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { amount, duration, instant, variables, wholeNumber } from './option-values.ts'

test('a price stays the text that was typed, so no digit is lost', () => {
  expect(amount('2.50')).toBe('2.50')
  expect(amount('0.000000000001')).toBe('0.000000000001')
})

test.each([
  ['abc', /such as 2\.50/],
  ['$3', /such as 3\./],
  ['2,75', /such as 2\.75/],
  ['-1', /not negative/],
  ['1e3', /plain decimal/],
  ['0.1234567890123', /12 decimals/],
])('%s is not a price, and the message names the fix', (text, want) => {
  expect(() => amount(text)).toThrow(InvalidArgumentError)
  expect(() => amount(text)).toThrow(want)
})

test.each(['0', '1025', '1.5', '-1', 'two', '', '1e2', '99999999999999999999'])(
  '“%s” is not a number of GPUs',
  (text) => {
    expect(() => wholeNumber({ least: 1, most: 1024 })(text)).toThrow(/from 1 to 1024/)
  },
)

test('a duration out of range names the range in the units people type', () => {
  const parse = duration({ least: 1000, most: 3_600_000 })
  expect(parse('30s')).toBe(30_000)
  expect(() => parse('30')).toThrow(/30s, 5m, 1h/)
  expect(() => parse('2h')).toThrow('Write a duration from 1s to 1h.')
})

test('an instant without an offset is refused with the forms that work', () => {
  expect(() => instant(() => 0)('2026-01-31T14:00')).toThrow(/2026-01-31T14:00:00Z/)
})

test('variables are collected, and a name alone hands on the value from here', () => {
  const collect = variables({ HOME_TOWN: 'Ulm' })
  const want = { A: '1', B: 'x=y', HOME_TOWN: 'Ulm', C: '' }
  expect(['A=1', 'B=x=y', 'HOME_TOWN', 'C='].reduce(collectAll(collect), undefined)).toEqual(want)
  expect(() => collect('NOT_SET', undefined)).toThrow(/NOT_SET=VALUE/)
  expect(() => collect('1A=2', undefined)).toThrow(/letters, digits and _/)
})

function collectAll(collect: ReturnType<typeof variables>) {
  return (previous: ReturnType<typeof collect> | undefined, text: string) => collect(text, previous)
}
