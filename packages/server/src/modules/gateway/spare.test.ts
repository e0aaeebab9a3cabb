/** Room for what has no claim on a place: measured, or none. */
import { describe, expect, test } from 'vitest'
import { isSpare, linesAllowed } from './spare.ts'

describe('room for lines', () => {
  const idle = { waiting: 0, kvUse: 0.1 }
  const allowed = (loads: Parameters<typeof linesAllowed>[0]['loads'], running: number) =>
    linesAllowed({ loads, running, linesMax: 10 })

  test('is what servers count as free but for one place, or one more than runs', () => {
    expect(allowed([{ ...idle, free: 4 }], 0)).toBe(3)
    expect(allowed([{ ...idle, free: 1 }], 2)).toBe(2)
    expect(allowed([idle, idle], 3)).toBe(5)
    expect(allowed([{ ...idle, free: 40 }], 0)).toBe(10)
  })

  test('is none where nothing is known, and less than runs where anybody waits', () => {
    expect(allowed([null, null], 0)).toBe(0)
    expect(allowed([], 0)).toBe(0)
    expect(allowed([{ waiting: 1, kvUse: 0 }, idle], 5)).toBe(2)
    expect(allowed([{ waiting: 0, kvUse: 0.9 }], 1)).toBe(0)
    expect([isSpare(null), isSpare({ waiting: 1, kvUse: 0 }), isSpare(idle)]).toEqual([
      ...[false, false, true],
    ])
  })
})
