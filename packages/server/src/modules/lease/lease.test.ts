import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import {
  limitLeftMs,
  retryPauseMs,
  costAhead,
  cutAtHours,
  endingOf,
  exhaustionNoticeMs,
  holdAheadMs,
  tailMs,
} from './lease.ts'

test('a stretch cut at the hours keeps its length, has no gaps, and no piece crosses an hour', () => {
  fc.assert(
    fc.property(fc.nat(10 ** 9), fc.nat(4 * 3_600_000), (fromMs, lengthMs) => {
      const pieces = cutAtHours(fromMs, fromMs + lengthMs)
      expect(pieces.reduce((sum, piece) => sum + piece.toMs - piece.fromMs, 0)).toBe(lengthMs)
      let at = fromMs
      for (const piece of pieces) {
        expect(piece.fromMs).toBe(at)
        expect(Math.floor(piece.fromMs / 3_600_000)).toBe(Math.floor((piece.toMs - 1) / 3_600_000))
        at = piece.toMs
      }
    }),
  )
})

const spot = { kind: 'spot' as const, noticeMs: 10_000, graceMs: 5000, ranMs: 0 }

test('the hold reaches no further than the time limit, and covers notice and grace on top', () => {
  const lease = { ...spot, timeLimitMs: 60_000, startedAt: new Date(0) }
  const tail = tailMs(lease)
  expect(tail).toBeGreaterThanOrEqual(15_000)
  expect(holdAheadMs(lease, 10_000, 600_000)).toBe(50_000 + tail)
  expect(holdAheadMs(lease, 90_000, 600_000)).toBe(tail)
  expect(holdAheadMs({ ...lease, ranMs: 20_000 }, 10_000, 600_000)).toBe(30_000 + tail)
  expect(holdAheadMs({ ...spot, timeLimitMs: null, startedAt: null }, 0, 600_000)).toBe(
    600_000 + tail,
  )
})

test('the long notice of an on-demand lease is not held, because it is taken back for want of money only', () => {
  const onDemand = { kind: 'on_demand' as const, noticeMs: 3_600_000, graceMs: 0 }
  expect(tailMs(onDemand)).toBeLessThan(600_000)
  expect(tailMs(onDemand)).toBeGreaterThanOrEqual(exhaustionNoticeMs(onDemand))
})

test('what is held is never less than what may be charged', () => {
  const price = { amount: money('2.35'), per: 3_600_000n, unit: 'gpu_ms' as const }
  expect(costAhead(price, 1, 1) * 3_600_000n >= money('2.35')).toBe(true)
})

test.each([
  {
    was: 'taken back and asked to be started again',
    lease: { reclaimReason: 'reclaimed' as const, requeue: 'on_reclaim' as const },
    how: 'exited' as const,
    want: { kind: 'requeue', after: 'reclaim' },
  },
  {
    was: 'taken back',
    lease: { reclaimReason: 'reclaimed' as const, requeue: 'never' as const },
    how: 'exited' as const,
    want: { kind: 'end', reason: 'reclaimed' },
  },
  {
    was: 'stopped by its owner, whatever it asked before',
    lease: { reclaimReason: 'stopped' as const, requeue: 'on_reclaim' as const },
    how: 'exited' as const,
    want: { kind: 'end', reason: 'stopped' },
  },
  {
    was: 'left alone and exited',
    lease: { reclaimReason: null, requeue: 'on_reclaim' as const },
    how: 'exited' as const,
    want: { kind: 'end', reason: 'exited' },
  },
  {
    was: 'never able to start',
    lease: { reclaimReason: null, requeue: 'never' as const },
    how: 'start_failed' as const,
    want: { kind: 'end', reason: 'start_failed' },
  },
])('a lease that was $was ends as $want', ({ lease, how, want }) => {
  const seen = { how, exitCode: how === 'exited' ? 0 : null }
  expect(endingOf({ ...lease, failures: 0, failuresMax: 1 }, seen)).toEqual(want)
})

test('with on_failure a lease starts again after failures, until it has failed often enough', () => {
  const lease = { reclaimReason: null, requeue: 'on_failure' as const, failuresMax: 3 }
  const failed = { how: 'exited' as const, exitCode: 1 }
  const again = { kind: 'requeue', after: 'failure' }
  expect(endingOf({ ...lease, failures: 0 }, failed)).toEqual(again)
  expect(endingOf({ ...lease, failures: 1 }, { how: 'lost', exitCode: null })).toEqual(again)
  expect(endingOf({ ...lease, failures: 2 }, failed)).toEqual({ kind: 'end', reason: 'exited' })
  expect(endingOf({ ...lease, failures: 0 }, { ...failed, exitCode: 0 })).toMatchObject({
    kind: 'end',
  })
  const stopped = { ...lease, failures: 0, reclaimReason: 'stopped' as const }
  expect(endingOf(stopped, failed)).toEqual({ kind: 'end', reason: 'stopped' })
})

test('pauses after failures double, up to a bound', () => {
  expect([1, 2, 3, 7, 50].map(retryPauseMs)).toEqual([10_000, 20_000, 40_000, 600_000, 600_000])
})

test('the time limit is over all attempts', () => {
  expect(limitLeftMs({ timeLimitMs: null, ranMs: 5 })).toBeNull()
  expect(limitLeftMs({ timeLimitMs: 100, ranMs: 30 })).toBe(70)
  expect(limitLeftMs({ timeLimitMs: 100, ranMs: 130 })).toBe(0)
})
