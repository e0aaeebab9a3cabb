import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cornersOf, inMarketOrder, ticksTo } from './curves.ts'

test('a curve runs flat over each step, and steps stand end to end', () => {
  const steps = [
    { price: 1, quantity: 4 },
    { price: 3, quantity: 2 },
  ]
  expect(cornersOf(steps)).toEqual([
    { quantity: 0, price: 1 },
    { quantity: 4, price: 1 },
    { quantity: 4, price: 3 },
    { quantity: 6, price: 3 },
  ])
  expect(cornersOf([])).toEqual([])
})

test('the cheapest is offered first, the dearest bid is served first, and nothing is no step', () => {
  const steps = [3, 1, 2].map((price) => ({ price, quantity: price === 2 ? 0 : 1 }))
  expect(inMarketOrder(steps, 'supply').map((step) => step.price)).toEqual([1, 3])
  expect(inMarketOrder(steps, 'demand').map((step) => step.price)).toEqual([3, 1])
})

test('the ticks of a scale start at zero, are evenly apart, and reach over the highest value', () => {
  expect(ticksTo(3.2)).toEqual([0, 1, 2, 3, 4])
  expect(ticksTo(0)).toEqual([0, 1])
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (highest) => {
      const ticks = ticksTo(highest)
      expect(ticks.length).toBeLessThanOrEqual(6)
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest * (1 - 1e-9))
    }),
  )
})
