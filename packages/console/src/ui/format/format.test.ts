import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  divideHalfEven,
  exactMoney,
  formatLargeMoney,
  formatMoney,
  parsePicos,
  perMillion,
  rate,
  renderAmount,
  sumAmounts,
} from './money.ts'
import {
  formatBytes,
  formatCount,
  formatGpuTime,
  formatQuantity,
  formatShare,
  formatSi,
} from './numbers.ts'
import {
  clockTime,
  exactInstant,
  formatCountdown,
  formatDuration,
  formatHour,
  formatRelative,
} from './time.ts'

const plain = (text: string): string => text.replace(/[\u00A0\u202F]/g, ' ')

describe('money', () => {
  test.each([
    ['999999', '$999,999.00'],
    ['12400000', '$12.4 M'],
    ['1280002500', '$1.28 bn'],
  ])('a large amount %s reads as %s', (amount, text) => {
    expect(plain(formatLargeMoney(parsePicos(amount)))).toBe(text)
  })

  test.each([
    ['0', '$0.00'],
    ['0.000042', '$0.000042'],
    ['0.00004219', '$0.0000422'],
    ['0.35', '$0.35'],
    ['0.1', '$0.10'],
    ['0.9996', '$1.00'],
    ['1', '$1.00'],
    ['2.355', '$2.36'],
    ['2.365', '$2.36'],
    ['1204.18', '$1,204.18'],
    ['-204567.5', '−$204,567.50'],
    ['-1204567.5', '−$1,204,568'],
    ['0.000000000001', '$0.000000000001'],
    ['99999999999999999999999999.99', '$100,000,000,000,000,000,000,000,000'],
  ])('%s is written %s', (amount, want) => {
    expect(formatMoney(amount)).toBe(want)
  })

  test('an amount survives the way to picos and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (picos) => {
        expect(parsePicos(renderAmount(picos))).toBe(picos)
      }),
    )
  })

  test('a sum is exact where floats are not', () => {
    expect(renderAmount(sumAmounts(['0.1', '0.2']))).toBe('0.3')
    expect(exactMoney(sumAmounts(['0.1', '0.2', '-0.300000000001']))).toBe('-0.000000000001 USD')
  })

  test('division rounds ties to even, on both sides of zero', () => {
    expect([5n, 15n, 25n, -5n, -15n].map((value) => divideHalfEven(value, 10n))).toEqual([
      0n,
      2n,
      2n,
      0n,
      -2n,
    ])
  })

  test('a price is multiplied first and divided once', () => {
    expect(renderAmount(rate({ amountUsd: '2.35', per: '3600000' }, 3_600_000n * 8n))).toBe('18.8')
    expect(renderAmount(perMillion({ amountUsd: '0.40', per: '1000000' }))).toBe('0.4')
  })
})

describe('numbers', () => {
  test.each([
    [999, '999'],
    [1000, '1 000'],
    [1234567, '1 234 567'],
    ['12345.250', '12 345.250'],
  ])('the count %s is grouped as %s', (count, want) => {
    expect(plain(formatCount(count))).toBe(want)
  })

  test('chart labels have at most three digits and a letter', () => {
    expect([0.1234567, 7, 999, 12_345, 2_500_000].map(formatSi)).toEqual([
      '0.123',
      '7',
      '999',
      '12.3k',
      '2.5M',
    ])
  })

  test('a tiny share is not nothing, and nearly all is not all', () => {
    expect([0, 0.00001, 0.625, 0.99999, 1].map(formatShare).map(plain)).toEqual([
      '0 %',
      '< 0.1 %',
      '62.5 %',
      '> 99.9 %',
      '100 %',
    ])
  })

  test('GPU time reads in hours, small amounts in seconds', () => {
    expect(plain(formatGpuTime(90_500))).toBe('90.5 GPU-s')
    expect(plain(formatGpuTime(4_500_000))).toBe('1.250 GPU-h')
    expect(plain(formatGpuTime(576_000_000))).toBe('160.0 GPU-h')
    expect(plain(formatGpuTime(44_442_000_000n))).toBe('12 345 GPU-h')
    expect(plain(formatQuantity('12345', 'token'))).toBe('12 345 tokens')
    expect(plain(formatBytes(1536))).toBe('1.5 KiB')
  })
})

describe('time', () => {
  test.each([
    [0, '0 s'],
    [420, '420 ms'],
    [4_260, '4.2 s'],
    [45_000, '45 s'],
    [65_000, '1 min 05 s'],
    [900_000, '15 min'],
    [7_440_000, '2 h 04 min'],
    [273_600_000, '3 d 4 h'],
  ])('%s ms lasts %s', (durationMs, want) => {
    expect(plain(formatDuration(durationMs))).toBe(want)
  })

  test('relative time looks both ways', () => {
    const now = Date.parse('2026-11-20T20:00:00.000Z')
    expect(plain(formatRelative('2026-11-20T19:56:00.000Z', now))).toBe('4 min ago')
    expect(plain(formatRelative('2026-11-20T20:00:30.000Z', now))).toBe('in 30 s')
    expect(formatRelative('2026-11-20T20:00:00.500Z', now)).toBe('now')
  })

  test('exact time is UTC and says so', () => {
    expect(exactInstant('2026-11-20T20:13:05.123Z')).toBe('2026-11-20 20:13:05.123 UTC')
    expect(clockTime('2026-11-20T20:13:05.123Z')).toBe('20:13:05')
    expect(plain(formatHour('2026-11-20T20:00:00.000Z'))).toBe('20 Nov 20:00')
  })

  test('a countdown never goes below zero', () => {
    expect([23_100, 62_000, 3_725_000, -5].map(formatCountdown)).toEqual([
      '0:24',
      '1:02',
      '1:02:05',
      '0:00',
    ])
  })
})
