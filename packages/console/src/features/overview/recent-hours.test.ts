import type { UsageRow } from '@spillway/contract'
import { expect, test } from 'vitest'
import { hourStart, recentHours } from './recent-hours.ts'

function row(hour: string, part: Partial<UsageRow>): UsageRow {
  return {
    hour,
    project: 'p',
    sku: 's',
    resource: 'r',
    quantity: '1',
    unit: 'token',
    price: { amountUsd: '1', per: '1', unit: 'token' },
    chargedUsd: '0.1',
    ...part,
  }
}

test('this hour and the last are summed exactly, and nothing else counts', () => {
  const now = Date.parse('2026-11-20T20:13:00.000Z')
  const rows = [
    row('2026-11-20T20:00:00.000Z', { chargedUsd: '0.1', quantity: '7' }),
    row('2026-11-20T20:00:00.000Z', { chargedUsd: '0.2', quantity: '90000', unit: 'gpu_ms' }),
    row('2026-11-20T19:00:00.000Z', { chargedUsd: '5' }),
    row('2026-11-20T18:00:00.000Z', { chargedUsd: '100' }),
  ]
  expect(recentHours(rows, now)).toEqual({
    now: { chargedPicos: 300_000_000_000n, tokens: 7n },
    before: { chargedPicos: 5_000_000_000_000n, tokens: 1n },
  })
  expect(hourStart(now)).toBe(Date.parse('2026-11-20T20:00:00.000Z'))
})
