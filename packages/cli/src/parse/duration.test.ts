import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDuration, parseInstant } from './duration.ts'

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['2d', 172_800_000],
  ['0', 0],
  ['0s', 0],
])('%s is a duration', (text, wantMs) => {
  expect(parseDuration(text)).toBe(wantMs)
})

test.each(['', '30', '-5s', '1.5h', '5 m', '5min', 'h', '99999999999999999d'])(
  '“%s” is not a duration',
  (text) => {
    expect(parseDuration(text)).toBeNull()
  },
)

test('a duration reads the same however its milliseconds are split into parts', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), (hours, minutes, seconds) => {
      const wantMs = ((hours * 60 + minutes) * 60 + seconds) * 1000
      expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(wantMs)
    }),
  )
})

const NOW_MS = Date.parse('2026-03-04T12:00:00.000Z')

test.each([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T14:00:00Z', '2026-01-31T14:00:00.000Z'],
  ['2026-01-31 14:00+02:00', '2026-01-31T12:00:00.000Z'],
  ['24h', '2026-03-03T12:00:00.000Z'],
  ['0', '2026-03-04T12:00:00.000Z'],
])('%s is an instant', (text, want) => {
  expect(parseInstant(text, NOW_MS)).toBe(want)
})

test.each(['2026-02-30', '2026-13-01', '2026-01-31T14:00:00', 'yesterday', '2026-1-1', ''])(
  '“%s” is not an instant that means the same everywhere',
  (text) => {
    expect(parseInstant(text, NOW_MS)).toBeNull()
  },
)
