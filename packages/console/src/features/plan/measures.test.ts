import { SIMULATION_MEASURES } from '@spillway/contract'
import { expect, test } from 'vitest'
import {
  formatDifferenceEstimate,
  formatEstimate,
  formatMeasure,
  formatSimulated,
  halfWidth,
  isClear,
  MEASURES,
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

test('a difference says its sign and its interval, and whether it can be told from none', () => {
  expect(formatDifferenceEstimate({ mean: 0.0123, within: 0.004 }, 'share')).toBe(
    '+1.23\u00A0points ± 0.40',
  )
  expect(formatDifferenceEstimate({ mean: -2_000, within: null }, 'usd')).toBe('−$2k')
  expect(formatDifferenceEstimate({ mean: 0, within: 0 }, 'count')).toBe('+0')
  expect(isClear({ mean: -2, within: 1 })).toBe(true)
  expect(isClear({ mean: 1, within: 2 })).toBe(false)
  expect(isClear({ mean: 1, within: null })).toBe(false)
  expect(isClear({ mean: 0, within: 0 })).toBe(false)
})

test('time in a simulation counts from its first day', () => {
  expect([0, 3600 * 25 + 600].map(formatSimulated)).toEqual(['day 1, 00:00', 'day 2, 01:10'])
})
