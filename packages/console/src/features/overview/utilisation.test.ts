import type { UtilisationBucket } from '@spillway/contract'
import { expect, test } from 'vitest'
import { countUses, spanOf, toStack } from './utilisation.ts'

function bucket(
  minute: number,
  byKindMs: Record<string, number>,
  totalMs: number,
): UtilisationBucket {
  const used = Object.values(byKindMs).reduce((sum, ms) => sum + ms, 0)
  return {
    from: new Date(Date.UTC(2026, 10, 20, 20, minute)).toISOString(),
    to: new Date(Date.UTC(2026, 10, 20, 20, minute + 1)).toISOString(),
    byKindMs,
    freeMs: totalMs - used,
    totalMs,
  }
}

test('slot-milliseconds become average slots, and what the book does not know stays a gap', () => {
  const shape = toStack([bucket(0, {}, 0), bucket(1, { spot: 60_000 }, 240_000)], 4, [])
  expect(shape.edges).toHaveLength(3)
  expect(shape.series.map((series) => [series.id, series.values])).toEqual([
    ['spot', [null, 1]],
    ['free', [null, 3]],
  ])
})

test('a filter shows the chosen uses only', () => {
  const shape = toStack([bucket(0, { spot: 60_000, anchor: 60_000 }, 240_000)], 4, ['anchor'])
  expect(shape.series.map((series) => series.id)).toEqual(['anchor'])
})

test('slots are counted by use, free among them', () => {
  expect([...countUses([{ kind: 'spot' }, { kind: null }, { kind: 'spot' }])]).toEqual([
    ['spot', 2],
    ['free', 1],
  ])
})

test('a stretch that makes no sense falls back to the last hour', () => {
  const from = '2026-11-20T20:00:00.000Z'
  expect(spanOf({ from, to: from })).toEqual({ kind: 'latest', range: '1h' })
  expect(spanOf({ range: '6h', from })).toEqual({ kind: 'latest', range: '6h' })
  expect(spanOf({ from, to: '2026-11-20T21:00:00.000Z' }).kind).toBe('fixed')
})
