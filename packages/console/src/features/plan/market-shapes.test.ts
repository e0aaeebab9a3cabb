import type { SimulationMarket, SimulationVariant } from '@spillway/contract'
import { expect, test } from 'vitest'
import { peak } from '../../charts/stack.ts'
import { highest, toForecast, toLine, toPrices, toSupply, toUse } from './market-shapes.ts'

const TIMELINE: SimulationVariant['timeline'] = {
  ...{ stepHours: 6, capacityGpus: 16, reservedGpus: 2 },
  ...{ anchorGpus: [8, 6], soldGpus: [4, 5], wantedGpus: [8, 6] },
}

const MARKET: SimulationMarket = {
  pool: 'p',
  forecast: { likelyGpus: [4, 5], p90Gpus: [6, 7], p99Gpus: [8, 9], cameGpus: [5, 5] },
  price: { stepHours: 6, clearedUsd: [null, 0.5], reserveUsd: [0.1, 0.2], benchmarkUsd: [0.3, 1] },
  stack: {
    ...{ atHours: 7, gpusForSale: 6, usdPerGpuHour: 1 },
    items: [
      { kind: 'spot', gpus: 4, usdPerGpuHour: 1.2, isServed: true },
      { kind: 'order', gpus: 3, usdPerGpuHour: 1, isServed: true },
    ],
  },
  supply: {
    stepHours: 6,
    tiers: [
      { tier: 'reserved', hours: 4, gpus: [2, 1] },
      { tier: 'guaranteed', hours: 2, gpus: [3, null] },
      { tier: 'spot', hours: null, gpus: [7, 6] },
      { tier: 'flex', hours: null, gpus: [7, 6] },
    ],
  },
}

test('who has the GPUs adds up to all there are, tier by tier where tiers are known', () => {
  const soldByTier = { spot: [3, 5], guaranteed: [1, 0], flex: [0, 0] }
  const use = toUse({ timeline: { ...TIMELINE, soldByTier } })
  expect(use.series.map(({ id }) => id)).toEqual([
    ...['anchor', 'reserved', 'guaranteed', 'spot', 'free'],
  ])
  expect(use.edges).toEqual([0, 21_600, 43_200])
  expect(peak(use)).toBe(16)
  expect(toUse({ timeline: TIMELINE }).series.map(({ id }) => id)).toEqual([
    ...['anchor', 'reserved', 'spot', 'free'],
  ])
})

test('forecast and demand stand hour by hour with a band, and prices step by step with gaps', () => {
  const forecast = toForecast(MARKET)
  expect(forecast.seconds).toEqual([0, 3600])
  expect(forecast.bands).toMatchObject([{ upper: 'p99', lower: 'likely' }])
  const prices = toPrices(MARKET)
  expect(prices.lines.find(({ id }) => id === 'cleared')?.values).toEqual([null, 0.5])
  expect(highest([forecast, prices])).toBe(9)
})

test('a layer of the supply is what a tier adds to the firmer ones', () => {
  const supply = toSupply(MARKET)
  expect(supply?.series.map(({ label, values }) => [label, ...values])).toEqual([
    ['reserved', 2, 1],
    ['spot for 2 h', 1, null],
    ['spot', 4, 6],
  ])
  expect(toSupply({ supply: undefined })).toBeNull()
})

test('the line of those who want GPUs meets what is for sale at the price of the last served', () => {
  expect(toLine(MARKET)).toEqual({
    supply: [{ price: 0.2, quantity: 6 }],
    demand: [
      { price: 1.2, quantity: 4 },
      { price: 1, quantity: 3 },
    ],
    cleared: { price: 1, quantity: 6 },
  })
  expect(toLine({ ...MARKET, stack: null })).toBeNull()
})
