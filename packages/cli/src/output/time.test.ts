import { expect, test } from 'vitest'
import { renderClock, renderDuration, renderRelative, renderUntil } from './time.ts'

test.each([
  [450, '450 ms'],
  [12_345, '12.3 s'],
  [12_000, '12 s'],
  [303_000, '5 min 3 s'],
  [3_600_000, '1 h'],
  [8_000_000, '2 h 13 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms reads %s', (ms, want) => {
  expect(renderDuration(ms)).toBe(want)
})

const NOW = '2026-03-04T12:00:00.000Z'
const NOW_MS = Date.parse(NOW)

test.each([
  ['2026-03-04T11:59:00.000Z', '1 min ago'],
  ['2026-03-04T12:00:12.900Z', 'in 12 s'],
  ['2026-03-04T11:59:59.500Z', 'just now'],
  ['2026-03-01T12:00:00.000Z', '3 d ago'],
  ['nonsense', 'nonsense'],
])('%s is %s', (instant, want) => {
  expect(renderRelative(instant, NOW_MS)).toBe(want)
})

test('a moment that lies ahead is never told as past', () => {
  expect(renderUntil('2026-03-04T11:00:00.000Z', NOW_MS)).toBe('now')
  expect(renderUntil('2026-03-04T12:00:30.000Z', NOW_MS)).toBe('in 30 s')
})

test('the day is told only when it is not today', () => {
  expect(renderClock('2026-03-04T01:02:03.456Z', NOW_MS)).toBe('01:02:03.456')
  expect(renderClock('2026-03-03T01:02:03.456Z', NOW_MS)).toBe('2026-03-03 01:02:03.456')
})
