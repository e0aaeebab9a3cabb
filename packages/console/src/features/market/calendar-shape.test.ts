import type { CalendarHour } from '@spillway/contract'
import { expect, test } from 'vitest'
import { toCalendar } from './calendar-shape.ts'

const hour = (from: string, part: Partial<CalendarHour> = {}): CalendarHour => ({
  from,
  to: new Date(Date.parse(from) + 3_600_000).toISOString(),
  gpusTotal: 8,
  gpusFree: 2,
  gpusYielding: 0,
  gpusBooked: 0,
  ...part,
})

test('a day is a row of 24 hours; what is over or not told is a gap', () => {
  const rows = toCalendar([
    hour('2026-01-01T23:00:00.000Z'),
    hour('2026-01-02T00:00:00.000Z', { gpusFree: 8, gpusYielding: 3 }),
    hour('2026-01-02T01:00:00.000Z', { gpusTotal: 0, gpusFree: 0 }),
  ])
  expect(rows.map(({ label, cells }) => [label, cells.length])).toEqual([
    ['Thu 1 Jan', 24],
    ['Fri 2 Jan', 24],
  ])
  expect(rows[0]?.cells.slice(22)).toEqual([
    { id: '2026-01-01T23:00:00.000Z', share: null, title: '' },
    {
      id: '2026-01-02T00:00:00.000Z',
      share: 0.25,
      title: 'Thu 1 Jan 23:00: 2 of 8 free',
    },
  ])
  expect(rows[1]?.cells[0]).toMatchObject({
    share: 1,
    title: 'Fri 2 Jan 00:00: 8 of 8 free, 3 more give way to on demand',
  })
  // A pool without slots has nothing to be sold, which is not the same as sold out.
  expect(rows[1]?.cells[1]).toMatchObject({ share: null })
})
