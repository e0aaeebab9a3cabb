import { expect, test } from 'vitest'
import { gpusOf, hourlyDemand, windowOf } from '../job.ts'
import { Random } from '../random.ts'
import { durationAt, meanGpuHours, type Marginals } from './marginals.ts'
import { makeJobs, type SyntheticOrder } from './synthetic.ts'

const marginals: Marginals = {
  jobsPerHour: 4,
  gpus: [
    { value: 1, weight: 3 },
    { value: 8, weight: 1 },
  ],
  workers: [
    { value: 1, weight: 9 },
    { value: 4, weight: 1 },
  ],
  durationS: [
    { part: 0, value: 10 },
    { part: 0.5, value: 1_000 },
    { part: 1, value: 100_000 },
  ],
  wideDurationFactor: 0.5,
  gpusMax: 16,
}
const level = Array.from({ length: 240 }, (_, hour) => 200 + 80 * Math.sin(hour / 12))
const order: SyntheticOrder = {
  ...{ seed: 3, level, anchor: marginals, spot: marginals, spotLoad: 2, spotFromHour: 120 },
  byHourOfDay: Array.from({ length: 24 }, () => 1),
  organizations: [
    { value: 0, weight: 3 },
    { value: 1, weight: 1 },
  ],
}

test('anchor work follows the level that is given', () => {
  const jobs = makeJobs(order)
  const demand = hourlyDemand(jobs, 2, { fromS: 0, hours: level.length })
  const errors = level.map(
    (wanted, hour) =>
      Math.abs((demand[0]?.[hour] ?? 0) + (demand[1]?.[hour] ?? 0) - wanted) / wanted,
  )
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.15)
})

test('sold work comes as often as it should, from its hour on, and no job is wider than allowed', () => {
  const jobs = makeJobs(order)
  const sold = jobs.filter(({ kind }) => kind === 'spot')
  expect(Math.abs(sold.length - 4 * 2 * 120)).toBeLessThan(4 * Math.sqrt(4 * 2 * 120))
  expect(Math.min(...sold.map(({ submitS }) => submitS))).toBeGreaterThanOrEqual(120 * 3_600)
  expect(Math.max(...jobs.map(gpusOf))).toBeLessThanOrEqual(16)
})

test('the same seed makes the same jobs, and another seed others', () => {
  expect(makeJobs(order)).toEqual(makeJobs(order))
  expect(makeJobs({ ...order, seed: 4 })).not.toEqual(makeJobs(order))
})

test('durations are straight in the logarithm between the given points', () => {
  expect(durationAt(marginals.durationS, 0.25)).toBeCloseTo(100)
  expect(durationAt(marginals.durationS, 0.75)).toBeCloseTo(10_000)
  expect(meanGpuHours(new Random(1), marginals)).toBeGreaterThan(0)
})

test('a window keeps what runs into it, and knows what was before as history', () => {
  const jobs = makeJobs(order)
  const spell = { fromS: 120 * 3_600, windowS: 24 * 3_600, historyHours: 100 }
  const workload = windowOf(jobs, { organizations: ['a', 'b'], spell })
  const running = workload.jobs.filter(({ submitS }) => submitS < 0)
  expect(running.length).toBeGreaterThan(0)
  expect(workload.jobs.every(({ durationS }) => durationS > 0)).toBe(true)
  expect(workload.history.map((row) => row.length)).toEqual([100, 100])
  const before = hourlyDemand(jobs, 2, { fromS: 0, hours: 120 })
  expect(workload.history[0]).toEqual(before[0]?.slice(20))
})
