import { expect, test } from 'vitest'
import { renderRanges } from './lease.ts'

test.each([
  [[0, 1, 2, 3, 6], '0-3,6'],
  [[5], '5'],
  [[3, 1, 2], '1-3'],
  [[0, 2, 4], '0,2,4'],
  [[], ''],
])('slots %j read %s', (slots, want) => {
  expect(renderRanges(slots)).toBe(want)
})
