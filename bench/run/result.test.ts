import { expect, test } from 'vitest'
import { renderResult } from './render.ts'
import { figureOf, median, meetsTarget } from './result.ts'

test('the median of an even number of rounds lies between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([9, 1, 5])).toBe(5)
})

test('a figure of several rounds keeps their range', () => {
  expect(figureOf({ name: 'x', unit: 'ms' }, [3, 1, 2])).toEqual({
    name: 'x',
    unit: 'ms',
    value: 2,
    range: [1, 3],
  })
})

test('a target is met at its bound, and a missed one is said to be', () => {
  const at = (value: number) =>
    ({ name: 'x', unit: 'ms', value, target: { kind: 'at_most', value: 2 } }) as const
  expect(meetsTarget(at(2))).toBe(true)
  expect(meetsTarget({ name: 'x', unit: 'ms', value: 1 })).toBeNull()
  expect(renderResult({ title: 't', figures: [at(2), at(3)], notes: ['n'] })).toMatch(
    /≤ 2 met\n.*≤ 2 MISSED\n\n- n$/,
  )
})

test('a comparison is a table of its things by their measures, with a dash where one has none', () => {
  const policies = { ours: { sold_share: 0.5 }, theirs: { sold_share: 0.25, breach_share: null } }
  const text = renderResult({ title: 't', figures: [], comparisons: { policies }, notes: [] })
  expect(text).toMatch(/policies\n\n +sold_share +breach_share\nours +0\.5 +-\ntheirs +0\.25 +-\n/)
})
