import { expect, test } from 'vitest'
import { HoleOrder } from './hole-order.ts'

const even = new Map([1, 2, 3, 4, 5, 6, 7, 8].map((free) => [free, 10]))

test('where sizes divide each other, the fullest node is the best', () => {
  const holes = new HoleOrder(new Map([1, 2, 4, 8].map((size) => [size, 10])), even)
  for (const slots of [1, 2, 4]) expect(holes.for(slots)[0]).toBe(slots)
})

test('a gap that just holds a typical lease is left to it', () => {
  const holes = new HoleOrder(
    new Map([
      [1, 1],
      [3, 40],
    ]),
    new Map([
      [3, 10],
      [4, 10],
    ]),
  )
  expect(holes.for(1)).toEqual([1, 2, 4, 3])
})

test('every number of free slots that will do is in the order, once', () => {
  const holes = new HoleOrder(new Map([[5, 3]]), even)
  expect(holes.for(3).toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8])
  expect(holes.for(9)).toEqual([])
})

test('with nothing typical the fullest node is the best', () => {
  expect(new HoleOrder(new Map(), even).for(2)).toEqual([2, 3, 4, 5, 6, 7, 8])
})
