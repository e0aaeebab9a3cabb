/** Tests of what is sold with a promise, and of the desk that sells hour after hour. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOMINAL } from '../forecast/calibration.ts'
import { LEVELS } from '../forecast/distribution.ts'
import { seeded } from '../forecast/forest.ts'
import { type DemandSeries, peakAfter } from '../forecast/series.ts'
import { DESK, type DeskHour, runDesk } from './desk.ts'
import { bestOption, optionsOf } from './options.ts'
import { Seller, SELLING } from './seller.ts'

const PRICES = { breachGpus: 50, overSoldGpus: 9, overSoldShare: 0.068 }

function between(low: number, high: number): Float64Array {
  return Float64Array.from(LEVELS, (level) => low + level * (high - low))
}

function stock(low: number, high: number) {
  return { peak: between(low, high), chances: NOMINAL, capacity: 100, gpusMax: 100 }
}

/** Days that look alike, with a busy noon and jumps that nobody can foresee. */
function pool(name: string, hours: number, seed: number): DemandSeries {
  const random = seeded(seed)
  const demand = Float64Array.from({ length: hours }, (_, hour) => {
    const noon = 30 * Math.max(0, Math.sin(((hour % 24) / 24) * 2 * Math.PI))
    return 20 + noon + (random() < 0.05 ? 30 * random() : 0) + 4 * random()
  })
  return { name, capacity: 100, startMs: 0, demand }
}

const SMALL = {
  ...DESK,
  learner: { ...DESK.learner, trees: 6 },
  learnEveryHours: 120,
}

describe('what is sold', () => {
  test('never more than the pool has, and nothing where nothing can be spare', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        (capacity, low, width) => {
          const peak = between(low, low + width)
          const gpusMax = capacity / 2
          const options = optionsOf({ peak, chances: NOMINAL, capacity, gpusMax })
          const gpus = options.gpus[bestOption(options, PRICES)] ?? 0
          expect(gpus).toBeLessThanOrEqual(gpusMax)
          if (low >= capacity) expect(gpus).toBe(0)
        },
      ),
    )
  })

  test('a dearer breach never makes a promise likelier to break', () => {
    const options = optionsOf(stock(20, 90))
    const chances = [1, 10, 100, 1000].map((breachGpus) => {
      return options.breachChance[bestOption(options, { ...PRICES, breachGpus })] ?? 0
    })
    expect(chances).toEqual(chances.toSorted((a, b) => b - a))
  })

  test('a spare that is certain is sold whole', () => {
    const options = optionsOf(stock(40, 40))
    expect(options.gpus[bestOption(options, { ...PRICES, breachGpus: 0 })]).toBe(60)
  })

  test('promises break about as often as the operator allows, though the forecast is too bold', () => {
    // given a forecast that is a third of the truth's width, on a pool of which little can be spare
    const random = seeded(7)
    const seller = new Seller({ ...SELLING, breachShareMax: 0.1, overSoldShareMax: 0.5 })
    let [promises, broken] = [0, 0]
    for (let hour = 0; hour < 1500; hour++) {
      const sales = seller.decide([{ capacity: 100, peak: between(60, 80) }])
      const peak = 60 + 60 * random()
      seller.settle([peak])
      if (hour < 750) continue
      promises++
      if ((sales[0]?.gpus ?? 0) > Math.max(0, 100 - peak)) broken++
    }
    // then it has learned, within what a finite sample can show
    expect(broken / promises).toBeLessThan(0.15)
  })
})

describe('the desk', () => {
  const pools = [pool('a', 700, 1), pool('b', 700, 2)]
  const decided = [...runDesk(pools, SMALL)]

  test('what is decided in an hour does not change when later hours become known', () => {
    const until = 520
    const cut = pools.map((each) => ({ ...each, demand: each.demand.slice(0, until) }))
    const known: DeskHour[] = [...runDesk(cut, SMALL)]
    expect(known.length).toBe(until - SMALL.beginHour)
    expect(decided.slice(0, known.length)).toEqual(known)
  })

  test('quantiles rise from level to level', () => {
    for (const { pools: each } of decided)
      for (const { peak } of each) expect(peak).toEqual(peak.toSorted())
  })

  test('about nine of ten peaks lie below the ninth decile', () => {
    const level = LEVELS.indexOf(0.9)
    const seen = decided.flatMap(({ hour, pools: each }) =>
      each.map(({ peak }, index) => ({
        peak: peakAfter(pools[index] as DemandSeries, hour, SMALL.horizon),
        forecast: peak[level] ?? 0,
      })),
    )
    const known = seen.filter(({ peak }) => !Number.isNaN(peak))
    const cover = known.filter(({ peak, forecast }) => peak <= forecast).length / known.length
    expect(cover).toBeGreaterThan(0.82)
    expect(cover).toBeLessThan(0.97)
  })

  test('a pool that it has never learned from is forecast all the same', () => {
    const strangers = [...runDesk(pools, { ...SMALL, learnedFrom: 'others' })]
    expect(strangers.at(-1)?.pools.map(({ fallback }) => fallback)).toEqual([null, null])
  })

  test('with two days of history it says so, and promises nothing beyond the highest demand seen', () => {
    const young = pools.map((each) => ({ ...each, demand: each.demand.slice(0, 60) }))
    for (const { hour, pools: each } of runDesk(young, { ...SMALL, beginHour: 0 }))
      each.forEach(({ fallback, sale }, index) => {
        const series = young[index] as DemandSeries
        expect(fallback).toBe(hour < 47 ? 'no_history' : 'little_history')
        const highest = Math.max(...series.demand.slice(0, hour + 1))
        expect(sale.gpus).toBeLessThanOrEqual(hour < 47 ? 0 : series.capacity - highest + 1e-9)
      })
  })
})
