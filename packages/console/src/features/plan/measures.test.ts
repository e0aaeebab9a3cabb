import { SIMULATION_MEASURES } from '@spillway/contract'
import { expect, test } from 'vitest'
import {
  formatEstimate,
  formatMeasure,
  formatSimulated,
  halfWidth,
  MEASURES,
  toTimeline,
} from './measures.ts'

test('every figure that a simulation tells is shown, in its order', () => {
  expect(MEASURES.map(({ id }) => id)).toEqual([...SIMULATION_MEASURES])
})

test('a figure reads in its unit, with its confidence where there is any', () => {
  expect(formatMeasure(0.6543, 'share')).toBe('65.4\u00A0%')
  expect(formatMeasure(-12_345, 'usd')).toBe('−$12.3k')
  expect(formatMeasure(90, 'seconds')).toBe('1\u00A0min 30\u00A0s')
  expect(formatEstimate({ mean: 0.5, within: 0.013 }, 'share')).toBe('50.0\u00A0% ± 1.30\u00A0%')
  expect(formatEstimate({ mean: 3, within: null }, 'count')).toBe('3')
  expect(halfWidth({ mean: 1e9, within: 1e-3 })).toBe(0)
})

test('time in a simulation counts from its first day', () => {
  expect([0, 3600 * 25 + 600].map(formatSimulated)).toEqual(['day 1, 00:00', 'day 2, 01:10'])
  const timeline = {
    ...{ stepHours: 2, capacityGpus: 8, reservedGpus: 0 },
    ...{ anchorGpus: [1, 2], soldGpus: [3, 4], wantedGpus: [1, 5] },
  }
  const shape = toTimeline({ timeline })
  expect(shape.seconds).toEqual([0, 7200])
  expect(shape.lines.map(({ id, values }) => [id, ...values])).toEqual([
    ['capacity', 8, 8],
    ['wanted', 1, 5],
    ['anchor', 1, 2],
    ['sold', 3, 4],
  ])
})
