import type { CompensationRule, ReclaimTerms } from '@spillway/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money, picos, renderMoney } from '#kernel/money.ts'
import { compensationFor, isCapReached, mayTakeBack, reclaimsIn, workLostGpuMs } from './terms.ts'

const START = new Date('2026-01-01T00:00:00.000Z')

function after(ms: number): Date {
  return new Date(START.getTime() + ms)
}

function attempt(ranMs: number, parts: { gpus?: number; priceUsd?: string } = {}) {
  const { gpus = 1, priceUsd = '0.9' } = parts
  return { gpus, priceUsd: money(priceUsd), startedAt: START, goneAt: after(ranMs) }
}

function paid(rule: CompensationRule, ranMs: number, parts = {}): string {
  return renderMoney(compensationFor(rule, attempt(ranMs, parts)).amount)
}

describe('compensation', () => {
  test('minutes are of the whole lease, at its price', () => {
    expect(paid({ kind: 'minutes', minutes: 10 }, 1000)).toBe('0.15')
    expect(paid({ kind: 'minutes', minutes: 10 }, 1000, { gpus: 8 })).toBe('1.2')
  })

  test('a part of the charge is of the last stretch only, and of no more than it ran', () => {
    const rule = { kind: 'charge', fraction: '0.5', lastMs: 3_600_000 } as const
    expect(paid(rule, 7_200_000)).toBe('0.45')
    expect(paid(rule, 1_800_000)).toBe('0.225')
    expect(paid(rule, 0)).toBe('0')
  })

  test('a pico that does not divide goes to the customer', () => {
    const rule = { kind: 'charge', fraction: '0.333333', lastMs: 3_600_000 } as const
    // 0.9 × 1 / 3,600,000 × 0.333333 = 0.00000008333325, which no whole number of picos is.
    expect(paid(rule, 1)).toBe('0.000000083334')
    expect(paid({ kind: 'minutes', minutes: 1 }, 1, { priceUsd: '0.000000000001' })).toBe(
      '0.000000000001',
    )
  })

  test('for every price and stretch it is at least the exact amount, and less than a pico above it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 16n }),
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 0, max: 10 ** 9 }),
        fc.integer({ min: 0, max: 10 ** 8 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (price, gpus, ranMs, lastMs, part) => {
          const fraction = renderMoney(picos(BigInt(part) * 1_000_000n))
          const one = { gpus, priceUsd: picos(price), startedAt: START, goneAt: after(ranMs) }
          const { amount } = compensationFor({ kind: 'charge', fraction, lastMs }, one)
          const exact = price * BigInt(gpus) * BigInt(Math.min(ranMs, lastMs)) * BigInt(part)
          const scale = 3_600_000n * 1_000_000n
          expect(amount * scale).toBeGreaterThanOrEqual(exact)
          expect(amount * scale - exact).toBeLessThan(scale)
        },
      ),
    )
  })

  test('there is none where the terms promise none, where nothing ran, and for what is not sold by the hour', () => {
    const rule = { kind: 'minutes', minutes: 10 } as const
    const none = [
      compensationFor({ kind: 'none' }, attempt(1000)),
      compensationFor(rule, { ...attempt(1000), startedAt: null }),
      compensationFor(rule, { ...attempt(1000), priceUsd: null }),
    ]
    expect(none.map(({ amount }) => amount)).toEqual([0n, 0n, 0n])
    expect(none.map(({ text }) => text)).toEqual([
      'Its terms promise none.',
      'It had not been started.',
      'It is not sold by the hour.',
    ])
  })
})

describe('the monthly cap', () => {
  const terms: ReclaimTerms = {
    by: ['anchor'],
    noticeMs: 0,
    minimumRunMs: 60_000,
    perMonthMax: 2,
    compensation: { kind: 'none' },
  }
  const lease = { terms, reclaimsMonth: '2026-01', reclaimsInMonth: 2, startedAt: START }

  test('counts within a calendar month in UTC, and starts afresh with the next', () => {
    expect(reclaimsIn(lease, new Date('2026-01-31T23:59:59.999Z'))).toBe(2)
    expect(isCapReached(lease, new Date('2026-01-31T23:59:59.999Z'))).toBe(true)
    expect(isCapReached(lease, new Date('2026-02-01T00:00:00.000Z'))).toBe(false)
    expect(isCapReached({ ...lease, terms: { ...terms, perMonthMax: null } }, START)).toBe(false)
  })

  test('with the minimum run and the names in the terms it decides at the last moment too', () => {
    const fresh = { ...lease, reclaimsInMonth: 1 }
    expect(mayTakeBack(fresh, 'anchor', after(59_999))).toBe(false)
    expect(mayTakeBack(fresh, 'anchor', after(60_000))).toBe(true)
    expect(mayTakeBack(fresh, 'spot', after(60_000))).toBe(false)
    expect(mayTakeBack(lease, 'anchor', after(60_000))).toBe(false)
    expect(mayTakeBack({ ...fresh, startedAt: null }, 'anchor', after(60_000))).toBe(false)
  })
})

test('work lost counts from the last checkpoint of this attempt, over all GPUs', () => {
  const one = attempt(10_000, { gpus: 4 })
  expect(workLostGpuMs(one, null)).toBe(40_000n)
  expect(workLostGpuMs(one, after(9_000))).toBe(4_000n)
  expect(workLostGpuMs(one, after(-5_000))).toBe(40_000n)
  expect(workLostGpuMs({ ...one, startedAt: null }, null)).toBe(0n)
})
