import { expect, test } from 'vitest'
import { partsOf } from './slot-time.tsx'

test('every kind of the books is in the bar, free at the end, and nothing is lost', () => {
  const parts = partsOf({ byKindMs: { spot: 5, anchor: 3, something_new: 2 }, freeMs: 7 })
  expect(parts.reduce((sum, part) => sum + part.milliseconds, 0)).toBe(17)
  expect(parts.filter((part) => part.milliseconds > 0).map((part) => part.kind)).toEqual([
    'anchor',
    'spot',
    'something_new',
    'free',
  ])
})
