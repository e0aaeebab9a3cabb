import { expect, test } from 'vitest'
import {
  LEASE_HOLD_AHEAD_MS,
  LEASE_METER_EVERY_MAX_MS,
  LEASE_METER_EVERY_MS,
} from '../../limits.ts'
import { Beat } from './beat.ts'

function beatOf(leases: number, isFull = true): Beat {
  const beat = new Beat()
  for (let index = 0; index < leases; index++) beat.note(`lse_${index}`, isFull)
  return beat
}

test('few leases are metered as often as ever', () => {
  expect(beatOf(100).meterEveryMs('lse_7')).toBe(LEASE_METER_EVERY_MS)
})

test('many leases are metered more slowly, and at different instants', () => {
  const beat = beatOf(2000)
  const every = Array.from({ length: 2000 }, (_, index) => beat.meterEveryMs(`lse_${index}`))
  expect(Math.min(...every)).toBeGreaterThan(50_000)
  expect(Math.max(...every)).toBeLessThanOrEqual(100_000)
  expect(new Set(every).size).toBeGreaterThan(1900)
})

test('many leases are looked at several at one instant, never too early, and few each at its own', () => {
  const [many, few] = [beatOf(2000), beatOf(50)]
  const instants = Array.from({ length: 1000 }, (_, index) => index * 7)
  const together = instants.map((atMs) => many.togetherMs(atMs))
  expect(new Set(together).size).toBeLessThan(20)
  for (const [index, atMs] of instants.entries()) {
    expect(together[index]).toBeGreaterThanOrEqual(atMs)
    expect(together[index]).toBeLessThan(atMs + LEASE_METER_EVERY_MS)
  }
  expect(instants.map((atMs) => few.togetherMs(atMs))).toEqual(instants)
})

test('however many there are, a full hold is looked at long before it could be used up', () => {
  const everyMs = beatOf(100_000).meterEveryMs('lse_1')
  expect(everyMs).toBeLessThanOrEqual(LEASE_METER_EVERY_MAX_MS)
  expect(LEASE_METER_EVERY_MAX_MS * 4).toBeLessThan(LEASE_HOLD_AHEAD_MS)
})

test('a lease whose hold is not full, or of which nothing is known, is metered at the quick beat', () => {
  const beat = beatOf(2000)
  beat.note('lse_5', false)
  expect(beat.meterEveryMs('lse_5')).toBe(LEASE_METER_EVERY_MS)
  beat.drop('lse_6')
  expect(beat.meterEveryMs('lse_6')).toBe(LEASE_METER_EVERY_MS)
  expect(beat.meterEveryMs('another')).toBe(LEASE_METER_EVERY_MS)
  expect(['lse_5', 'lse_6', 'lse_7'].map((id) => beat.isShort(id))).toEqual([true, false, false])
})
