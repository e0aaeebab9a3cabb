import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cumulate, intervalAt, peak, type StackSeries, withoutEmpty } from './stack.ts'

function series(id: string, values: readonly (number | null)[]): StackSeries {
  return { id, label: id, colour: null, isHatched: false, values }
}

test('each layer stands on the ones below, and the last step reaches the end', () => {
  const shape = { edges: [0, 10, 20], series: [series('a', [1, 2]), series('b', [3, 4])] }
  expect(cumulate(shape)).toEqual([
    [1, 2, 2],
    [4, 6, 6],
  ])
  expect(peak(shape)).toBe(6)
})

test('a gap stays a gap in every layer', () => {
  const shape = { edges: [0, 10, 20], series: [series('a', [null, 2]), series('b', [3, 4])] }
  expect(cumulate(shape).map((layer) => layer[0])).toEqual([null, null])
})

test('layers never cross', () => {
  const values = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(values, { minLength: 2, maxLength: 6 }), (rows) => {
      const layers = cumulate({
        edges: [0, 1, 2, 3, 4, 5],
        series: rows.map((row, index) => series(String(index), row)),
      })
      for (const [index, layer] of layers.entries())
        for (const [at, value] of layer.entries())
          expect(value).toBeGreaterThanOrEqual(layers[index - 1]?.[at] ?? 0)
    }),
  )
})

test('an instant belongs to the interval it falls into, and to none outside', () => {
  const edges = [0, 10, 20, 30]
  expect([-1, 0, 9.9, 10, 29, 30, 31].map((second) => intervalAt(edges, second))).toEqual([
    null,
    0,
    0,
    1,
    2,
    2,
    null,
  ])
  expect(intervalAt([], 5)).toBeNull()
})

test('series that never happened are left out', () => {
  expect(
    withoutEmpty([series('a', [0, null]), series('b', [0, 1])]).map((each) => each.id),
  ).toEqual(['b'])
})
