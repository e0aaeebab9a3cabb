import type { Forecast } from '@spillway/contract'
import { expect, test } from 'vitest'
import { calibrationOf, rangeStart, renderOff, toForecastShape } from './forecast-shape.ts'

const FORECAST: Forecast = {
  at: '2026-01-01T00:00:00.000Z',
  horizonHours: 4,
  capacityGpus: 100,
  peak: { p10: 10, p50: 20, p75: 25, p90: 40, p95: 45, p99: 60 },
  fallback: null,
  offeredGpus: 40,
  cameGpus: 22,
}

test('what has not come yet is a gap, and is never drawn as nothing', () => {
  const shape = toForecastShape([FORECAST, { ...FORECAST, cameGpus: null }])
  expect(shape.lines.map(({ id, values }) => [id, ...values])).toEqual([
    ['p99', 60, 60],
    ['p90', 40, 40],
    ['p50', 20, 20],
    ['p10', 10, 10],
    ['came', 22, null],
  ])
  expect(shape.seconds[0]).toBe(1_767_225_600)
})

test('a level is judged by how often the peak stayed below it', () => {
  const levels = [
    { nominal: 0.9, actual: 0.88 },
    { nominal: 0.99, actual: null },
  ]
  const [level, ...others] = calibrationOf({ levels })
  expect(others).toEqual([])
  expect(level).toMatchObject({ id: 'P90', nominal: 0.9, actual: 0.88 })
  expect([-0.02, 0.015, 0].map(renderOff)).toEqual([
    '2.0 points too low',
    '1.5 points too high',
    'exact',
  ])
})

test('a range ends now', () => {
  const nowMs = Date.parse('2026-02-01T00:00:00.000Z')
  expect(rangeStart('31d', nowMs)).toBe('2026-01-01T00:00:00.000Z')
})
