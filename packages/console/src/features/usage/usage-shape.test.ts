import type { UsageRow } from '@spillway/contract'
import { expect, test } from 'vitest'
import { rangeStart, skuColours, toUsageStack } from './usage-shape.ts'

const NOW = Date.parse('2026-11-20T20:13:00.000Z')

function row(hour: string, sku: string, chargedUsd: string): UsageRow {
  return {
    hour,
    project: 'p',
    sku,
    resource: 'r',
    quantity: '1',
    unit: 'token',
    price: { amountUsd: '1', per: '1', unit: 'token' },
    chargedUsd,
  }
}

test('ranges begin on the hour, the month at its first instant', () => {
  expect(rangeStart('24h', NOW)).toBe('2026-11-19T21:00:00.000Z')
  expect(rangeStart('7d', NOW)).toBe('2026-11-13T21:00:00.000Z')
  expect(rangeStart('month', NOW)).toBe('2026-11-01T00:00:00.000Z')
})

test('an hour without usage is an empty bar, not a gap', () => {
  const rows = [
    row('2026-11-20T18:00:00.000Z', 'tokens', '1.5'),
    row('2026-11-20T18:00:00.000Z', 'tokens', '0.5'),
  ]
  const shape = toUsageStack(rows, NOW - 2 * 3_600_000, NOW)
  expect(shape.edges).toHaveLength(4)
  expect(shape.series[0]?.values).toEqual([2, 0, 0])
})

test('a SKU of a claim kind has its colour, and no two others share one', () => {
  const colours = skuColours(['gpu.spot', 'input_tokens', 'output_tokens'])
  expect(colours.get('gpu.spot')).toBe('--kind-spot')
  expect(new Set(colours.values()).size).toBe(3)
})
