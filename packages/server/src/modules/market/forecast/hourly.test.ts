/** Tests of the owner's demand by the hour, and of forecasts held against what came. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LEVELS } from './distribution.ts'
import { hourlyPeaks } from './hourly.ts'
import { accuracyOf } from './record.ts'
import { HOUR_MS } from './series.ts'

test('an hour counts what ran at once in it, and not what ran one after the other', () => {
  const spans = [
    { gpus: 4, startsMs: 0, endsMs: HOUR_MS / 2 },
    { gpus: 3, startsMs: HOUR_MS / 2, endsMs: 1.5 * HOUR_MS },
    { gpus: 2, startsMs: HOUR_MS, endsMs: null },
  ]
  expect([...hourlyPeaks(spans, { fromMs: 0, hours: 4 })]).toEqual([4, 5, 2, 2])
})

test('work from before the first hour counts, and no hour is below what ran through all of it', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          gpus: fc.integer({ min: 1, max: 9 }),
          startsMs: fc.integer({ min: -5 * HOUR_MS, max: 5 * HOUR_MS }),
          lastsMs: fc.integer({ min: 1, max: 9 * HOUR_MS }),
        }),
        { maxLength: 8 },
      ),
      (pieces) => {
        const spans = pieces.map(({ gpus, startsMs, lastsMs }) => ({
          ...{ gpus, startsMs, endsMs: startsMs + lastsMs },
        }))
        hourlyPeaks(spans, { fromMs: 0, hours: 5 }).forEach((peak, hour) => {
          const beginsMs = hour * HOUR_MS
          const through = spans
            .filter(({ startsMs, endsMs }) => startsMs <= beginsMs && endsMs >= beginsMs + HOUR_MS)
            .reduce((sum, { gpus }) => sum + gpus, 0)
          const touching = spans
            .filter(({ startsMs, endsMs }) => startsMs < beginsMs + HOUR_MS && endsMs >= beginsMs)
            .reduce((sum, { gpus }) => sum + gpus, 0)
          expect(peak).toBeGreaterThanOrEqual(through)
          expect(peak).toBeLessThanOrEqual(touching)
        })
      },
    ),
  )
})

test('forecasts are held against what came, and those whose hours have not passed are left out', () => {
  const peak = Float64Array.from(LEVELS, (level) => 100 * level)
  const record = { peak, capacity: 100, offered: 20 }
  const accuracy = accuracyOf([
    { ...record, came: 40 },
    { ...record, came: 92 },
    { ...record, offered: null, came: 92 },
    { ...record, came: null },
  ])
  expect(accuracy).toMatchObject({ forecasts: 3, promises: 2, breaches: 1 })
  expect(accuracy.levels.find(({ nominal }) => nominal === 0.9)?.actual).toBeCloseTo(1 / 3)
  expect(accuracyOf([]).levels[0]?.actual).toBeNull()
})
