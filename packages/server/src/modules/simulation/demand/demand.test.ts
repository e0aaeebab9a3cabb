import { expect, test } from 'vitest'
import type { Workload } from '../job.ts'
import { DemandEstimator } from './gde.ts'
import { solve } from './least-squares.ts'
import { DemandLog } from './log.ts'
import { futurePeaks } from './oracle.ts'
import { pastRises, quantileOf } from './rise.ts'

function workload(history: number[][], jobs: Workload['jobs'] = []): Workload {
  const organizations = history.map((_, at) => `o${at}`)
  return { jobs, organizations, windowS: 36_000, history, hourOfWeek: 0 }
}

const daily = Array.from(
  { length: 672 },
  (_, hour) => 100 + 50 * Math.sin((2 * Math.PI * hour) / 24),
)

test('least squares finds the line that made the points', () => {
  const rows = [0, 1, 2, 3].map((x) => [1, x])
  const [offset = 0, slope = 0] = solve(rows, [5, 7, 9, 11], 1e-9)
  expect([offset, slope].map((each) => Math.round(each * 1e6) / 1e6)).toEqual([5, 2])
})

test('a demand that repeats each day is forecast with little variance', () => {
  const log = new DemandLog(workload([daily]))
  const { mean, variance } = new DemandEstimator().forecast(log, 2)
  expect(Math.abs(mean - (100 + 50 * Math.sin((2 * Math.PI * 1) / 24)))).toBeLessThan(6)
  expect(Math.sqrt(variance)).toBeLessThan(6)
})

test('with little history what is wanted now is the forecast', () => {
  const log = new DemandLog(workload([[1, 2, 3]]))
  log.change(0, 40)
  expect(new DemandEstimator().forecast(log, 1)).toEqual({ mean: 40, variance: 0 })
})

test('the log keeps the greatest demand of each hour', () => {
  const log = new DemandLog(workload([[], []]))
  log.change(0, 5)
  log.change(1, 3)
  log.change(0, -4)
  log.advance(3_600)
  log.advance(2 * 3_600)
  expect(log.hours).toEqual([8, 4])
  expect(log.byOrganization).toEqual([
    [5, 1],
    [3, 3],
  ])
  expect(log.hourOfWeek).toBe(2)
})

test('a past rise is how far the peak lay above the hour before, at such hours of the day', () => {
  const hours = Array.from({ length: 480 }, (_, hour) => (hour % 24 === 9 ? 30 : 10))
  const question = { hours, withinHours: 2, hoursAround: 0, historyHours: 480 }
  const atNine = pastRises({ ...question, hourOfDay: 0 })
  expect(new Set(atNine)).toEqual(new Set([0]))
  const rises = pastRises({ ...question, hours: hours.slice(0, 465), hourOfDay: 9 })
  expect(new Set(rises)).toEqual(new Set([20]))
})

test('a quantile of too few values is not known', () => {
  expect(quantileOf([1, 2, 3], 0.5)).toBeNull()
  expect(
    quantileOf(
      Array.from({ length: 100 }, (_, at) => at),
      0.9,
    ),
  ).toBe(89)
})

test('the bound knows the greatest demand that comes', () => {
  const job = { kind: 'anchor', organization: 0, workers: 1, id: 0 } as const
  const peaks = futurePeaks(
    workload(
      [[]],
      [
        { ...job, gpus: 4, submitS: 0, durationS: 600 },
        { ...job, gpus: 8, submitS: 5_000, durationS: 600 },
      ],
    ),
    3_600,
  )
  expect([peaks(0), peaks(900), peaks(1_500), peaks(20_000)]).toEqual([4, 0, 8, 0])
})
