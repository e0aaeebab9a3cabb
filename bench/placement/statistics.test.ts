import { expect, test } from 'vitest'
import { deviation, mean, signedRankP } from './statistics.ts'

test('mean and population deviation are those of the textbook', () => {
  expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5)
  expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2)
})

test('ten differences of one sign could be chance once in 512', () => {
  expect(signedRankP([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBeCloseTo(2 / 1024, 12)
})

test('differences as often up as down are no evidence', () => {
  expect(signedRankP([1, -1, 2, -2, 3, -3])).toBe(1)
  expect(signedRankP([0, 0, 0])).toBe(1)
})

test('a known sample has its known probability', () => {
  // Ranks of the negative ones sum to 1 + 2 + 3: of 2^8 choices of signs 14 have a sum of 6 or less.
  expect(signedRankP([-1, -2, -3, 4, 5, 6, 7, 8])).toBeCloseTo((2 * 14) / 256, 12)
})
