/** Tests of the forecast: on what ground it stands, what it makes of known ends, and how it is calibrated. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibratedQuantile, Calibration, NOMINAL, partOf } from './calibration.ts'
import { distributionOf, levelOf, LEVELS, quantileOf } from './distribution.ts'
import { COVER_HOURS } from './fallback.ts'
import { prepare } from './features.ts'
import { forecastAt, withKnownEnds } from './forecast.ts'
import { learn } from './learner.ts'
import { type DemandSeries, findSeriesFault } from './series.ts'

function series(hours: number): DemandSeries {
  const demand = Float64Array.from({ length: hours }, (_, hour) => 10 + (hour % 24))
  return { name: 'a', capacity: 100, startMs: 0, demand }
}

const RISING = Float64Array.from(LEVELS, (level) => 100 * level)

describe('the ground of a forecast', () => {
  const hours = 500
  const all = prepare([series(hours)], 4)
  const own = all[0] as (typeof all)[number]
  const learned = learn(all, { hour: hours - 1 })

  test('less than two days of history: the whole pool may be wanted', () => {
    const { peak, fallback } = forecastAt(own, { hour: 40, learned, covered: [] })
    expect(fallback).toBe('no_history')
    expect(quantileOf(peak, 0.01)).toBe(100)
  })

  test('less than two weeks: never below the highest demand seen in its upper half', () => {
    const { peak, fallback } = forecastAt(own, { hour: 60, learned, covered: [] })
    expect(fallback).toBe('little_history')
    expect(quantileOf(peak, 0.5)).toBeGreaterThanOrEqual(33)
  })

  test('peaks that passed it too often: not believed, and never below the last day at the top', () => {
    const covered = Array.from({ length: COVER_HOURS }, (_, hour) => hour % 2 === 0)
    const { peak, fallback } = forecastAt(own, { hour: 480, learned, covered })
    expect(fallback).toBe('low_confidence')
    expect(quantileOf(peak, 0.8)).toBeGreaterThanOrEqual(33)
  })

  test('a demand that repeats every day is foreseen, and needs no fallback', () => {
    const { peak, fallback } = forecastAt(own, { hour: 480, learned, covered: [] })
    expect(fallback).toBeNull()
    expect(Math.abs(quantileOf(peak, 0.5) - 14)).toBeLessThan(3)
  })
})

describe('known ends', () => {
  test('the peak is never below what stays for certain', () => {
    const peak = withKnownEnds(RISING, { staying: 40, leaving: 0, usuallyLeaving: 0 })
    expect(Math.min(...peak)).toBe(40)
  })

  test('only what leaves beyond the usual relieves it', () => {
    const ends = { staying: 0, usuallyLeaving: 10 }
    expect(withKnownEnds(RISING, { ...ends, leaving: 10 })).toEqual(RISING)
    expect(quantileOf(withKnownEnds(RISING, { ...ends, leaving: 30 }), 0.5)).toBeCloseTo(30)
  })
})

describe('calibration', () => {
  test('the chances of the parts sum to one, whatever came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(NOMINAL.length - 1), { maxLength: 4 }), { maxLength: 50 }),
        (hours) => {
          const calibration = new Calibration()
          for (const parts of hours) calibration.learn(parts)
          expect(calibration.chances().reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1)
        },
      ),
    )
  })

  test('peaks that come above the forecast lift its quantiles', () => {
    const calibration = new Calibration()
    const top = partOf(RISING, 1000)
    for (let hour = 0; hour < 200; hour++) calibration.learn([hour % 4 === 0 ? top : 10])
    const raised = calibratedQuantile(RISING, calibration.chances(), 0.85)
    expect(raised).toBeGreaterThan(quantileOf(RISING, 0.85))
  })

  test('without a peak yet the forecast stands as it is', () => {
    const chances = new Calibration().chances()
    for (const level of [0.1, 0.5, 0.9, 0.99])
      expect(calibratedQuantile(RISING, chances, level)).toBeCloseTo(quantileOf(RISING, level))
  })
})

describe('distributions', () => {
  test('the level of a quantile is the level it was asked for', () => {
    for (const level of [0.02, 0.33, 0.9, 0.985])
      expect(levelOf(RISING, quantileOf(RISING, level))).toBeCloseTo(level)
  })

  test('weights decide where the values lie', () => {
    const distribution = distributionOf(Float64Array.of(1, 2), Float64Array.of(3, 1))
    expect(quantileOf(distribution, 0.7)).toBe(1)
    expect(quantileOf(distribution, 0.8)).toBe(2)
  })
})

test('what no forecast may be made from is named by its hour and field', () => {
  const bad = { ...series(5), demand: Float64Array.of(1, 2, Number.NaN, -1) }
  expect(findSeriesFault(bad)).toMatchObject({ hour: 2, field: 'demand' })
  expect(findSeriesFault({ ...series(5), demand: Float64Array.of(-1) })?.reason).toContain('-1')
  expect(findSeriesFault({ ...series(5), capacity: Number.NaN })?.field).toBe('capacity')
  expect(findSeriesFault({ ...series(5), startMs: Number.NaN })?.field).toBe('startMs')
  expect(findSeriesFault(series(5))).toBeNull()
})
