import type { Lease, LeaseFact } from '@spillway/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lifeOf, placeLabels, ticksOf } from './bands.ts'

const START = Date.UTC(2026, 0, 1)
const at = (second: number) => new Date(START + second * 1000).toISOString()

const fact = (second: number, type: string, attempt = 1): LeaseFact => ({
  ...{ at: at(second), type: `lease.${type}`, text: type, data: { attempt } },
})

const lease = (rest: Partial<Lease>): Lease =>
  ({
    ...{ state: 'running', createdAt: at(0), endedAt: null, endReason: null, exitCode: null },
    stopAt: null,
    ...rest,
  }) as Lease

const reclaimed = [
  fact(0, 'created'),
  fact(2, 'placed'),
  fact(3, 'started'),
  fact(60, 'notice_given'),
  fact(61, 'notice_delivered'),
  fact(90, 'stopping'),
  fact(92, 'confirmed_gone'),
  fact(92, 'reclaim_credited'),
  fact(92, 'requeued'),
  fact(120, 'placed', 2),
  fact(121, 'started', 2),
]

test('a life is bands that follow one another without a gap, over all attempts', () => {
  const { bands } = lifeOf(lease({}), reclaimed)
  expect(bands.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual([
    'waiting 1',
    'starting 1',
    'running 1',
    'reclaiming 1',
    'stopping 1',
    'waiting 1',
    'starting 2',
    'running 2',
  ])
  for (const [index, band] of bands.entries())
    expect(band.toMs).toBe(bands[index + 1]?.fromMs ?? null)
})

test('the links of a reclaim are marks in their order', () => {
  expect(lifeOf(lease({}), reclaimed).marks.map(({ word }) => word)).toEqual([
    'notice',
    'delivered',
    'gone',
    'credit',
    'waits again',
  ])
})

test('a lease under notice has an end to come, one that ended has none', () => {
  const facts = reclaimed.slice(0, 5)
  const noticed = lifeOf(lease({ state: 'reclaiming', stopAt: at(90) }), facts)
  expect(noticed.stopMs).toBe(START + 90_000)
  expect(noticed.toMs).toBeNull()
  const over = lifeOf(lease({ state: 'ended', endedAt: at(9), endReason: 'exited', exitCode: 1 }), [
    ...reclaimed.slice(0, 3),
    fact(9, 'ended'),
  ])
  expect(over).toMatchObject({ stopMs: null, toMs: START + 9000 })
  expect(over.marks).toEqual([{ atMs: START + 9000, word: 'exit 1', text: 'ended', tone: 'bad' }])
})

test('an axis has at most as many ticks as asked for, all of them round and within', () => {
  const spans = fc.integer({ min: 1, max: 30 * 86_400_000 })
  fc.assert(
    fc.property(fc.nat(1e9), spans, fc.integer({ min: 2, max: 20 }), (from, span, max) => {
      const ticks = ticksOf(from, from + span, max)
      expect(ticks.length).toBeLessThanOrEqual(max + 1)
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(from)
        expect(tick).toBeLessThanOrEqual(from + span)
      }
    }),
  )
})

test('labels never cover one another; what finds no room has none', () => {
  expect(placeLabels([0, 10, 20, 70], [50, 50, 50, 50], 2)).toEqual([0, 1, null, 0])
})
