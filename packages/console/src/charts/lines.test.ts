import { expect, test } from 'vitest'
import { bandPlaces, type LineSeries, nearestIndex, spreadOut } from './lines.ts'

const line = (id: string): LineSeries => ({ id, label: id, colour: '--accent', values: [] })

test('a second reads out the instant nearest to it, also outside', () => {
  const seconds = [0, 10, 20, 30]
  expect([-5, 4, 6, 15, 24, 99].map((second) => nearestIndex(seconds, second))).toEqual([
    0, 0, 1, 1, 2, 3,
  ])
  expect(nearestIndex([], 5)).toBeNull()
  expect(nearestIndex([7], 5)).toBe(0)
})

test('a band lies between its lines, wherever they stand', () => {
  const lines = [line('actual'), line('p90'), line('p50')]
  const bands = [{ upper: 'p90', lower: 'p50', colour: '--accent' }]
  expect(bandPlaces({ seconds: [], lines, bands })).toEqual([[2, 3]])
  expect(bandPlaces({ seconds: [], lines })).toEqual([])
})

test('names behind lines stand apart, in the order of their values, inside as long as there is room', () => {
  const room = { gap: 10, from: 0, to: 100 }
  expect(spreadOut([50, 50, 52], room)).toEqual([50, 60, 70])
  expect(spreadOut([98, 99, 100], room)).toEqual([80, 90, 100])
  expect(spreadOut([40, 5], room)).toEqual([40, 5])
  expect(spreadOut([], room)).toEqual([])
})
