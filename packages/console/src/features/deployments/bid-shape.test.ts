import type { Bid } from '@spillway/contract'
import { expect, test } from 'vitest'
import { decidedBy, toBidShape, toReplicaShape } from './bid-shape.ts'

function bid(parts: Partial<Bid> = {}): Bid {
  return {
    ...{ at: '2026-01-01T00:00:10.000Z', requests: 3, tokensPerSecond: 40, demand: 0.75 },
    ...{ replicasReady: 1, bidUsd: '2.5', bidNextUsd: '-0.1', replicasFrom: 1, replicasTo: 1 },
    ...{ askUsd: '0.9', askBasis: 'demand', sellUsd: '0.5', sellBasis: 'reserve' },
    ...{ why: 'within', text: '' },
    ...parts,
  }
}

test('a bid that nobody knows is a gap, and prices are drawn beside bids', () => {
  const { seconds, lines } = toBidShape([bid(), bid({ bidUsd: null })])
  expect(seconds[0]).toBe(1_767_225_610)
  expect(lines.map(({ id, values }) => [id, values])).toEqual([
    ['bid', [2.5, null]],
    ['next', [-0.1, -0.1]],
    ['price', [0.9, 0.9]],
  ])
})

test('replicas that serve stand beside those that are wanted and what is wanted of them', () => {
  const { lines } = toReplicaShape([bid({ replicasTo: 2 })])
  expect(lines.map(({ values }) => values[0])).toEqual([1, 2, 0.75])
})

test('a rise is decided by one more against what it would sell for, a fall by the last', () => {
  expect(decidedBy(bid({ replicasTo: 2 }))).toEqual({ bidUsd: '-0.1', priceUsd: '0.9' })
  expect(decidedBy(bid({ replicasTo: 0 }))).toEqual({ bidUsd: '2.5', priceUsd: '0.5' })
})
