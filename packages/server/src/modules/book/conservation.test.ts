import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountBuckets, accountSlotTime, type ClaimSpan } from './conservation.ts'
import { parseSlots, renderSlots } from './slots.ts'

test('slot sets survive the round trip through a multirange', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(64)), (slots) => {
      expect(parseSlots(renderSlots(slots))).toEqual([...slots].sort((a, b) => a - b))
    }),
  )
})

test('a claim counts as what it was until it drains, then as draining', () => {
  const claim = { kind: 'spot', slotCount: 2, startsMs: 10, endsMs: 50, drainingFromMs: 40 }
  const account = accountSlotTime(
    { fromMs: 0, toMs: 100 },
    [{ slotCount: 4, fromMs: 0, toMs: null }],
    [claim],
  )
  expect(account).toEqual({
    fromMs: 0,
    toMs: 100,
    byKindMs: { spot: 60, draining: 20 },
    freeMs: 320,
    totalMs: 400,
  })
})

/** One slot's life: claims one after another, never two at once. */
const slotLife = fc
  .array(
    fc.record({
      gapMs: fc.nat(50),
      lengthMs: fc.nat(200),
      drainMs: fc.option(fc.nat(200)),
      kind: fc.constantFrom('anchor', 'spot', 'serving'),
    }),
    { maxLength: 8 },
  )
  .map((steps) => {
    let at = 0
    return steps.map(({ gapMs, lengthMs, drainMs, kind }): ClaimSpan => {
      const startsMs = at + gapMs
      const endsMs = startsMs + lengthMs
      at = endsMs
      return {
        kind,
        slotCount: 1,
        startsMs,
        endsMs,
        drainingFromMs: drainMs === null ? null : Math.min(endsMs, startsMs + drainMs),
      }
    })
  })

test('opencost#2901 opencost#1124 claims and free time sum to the wall time in every bucket, to the millisecond', () => {
  fc.assert(
    fc.property(
      fc.array(slotLife, { minLength: 1, maxLength: 6 }),
      fc.nat(500),
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 40 }),
      (lives, fromMs, lengthMs, count) => {
        const window = { fromMs, toMs: fromMs + lengthMs, count }
        const buckets = accountBuckets(
          window,
          [{ slotCount: lives.length, fromMs: 0, toMs: null }],
          lives.flat(),
        )
        for (const bucket of buckets) {
          const claimed = Object.values(bucket.byKindMs).reduce((sum, ms) => sum + ms, 0)
          expect(claimed + bucket.freeMs).toBe(lives.length * (bucket.toMs - bucket.fromMs))
        }
        expect(buckets.reduce((sum, bucket) => sum + bucket.totalMs, 0)).toBe(
          lives.length * lengthMs,
        )
      },
    ),
  )
})

test('akash-network/console#1974 more claimed than there is is a defect, not a negative free time', () => {
  const double = { kind: 'spot', slotCount: 2, startsMs: 0, endsMs: 10, drainingFromMs: null }
  expect(() =>
    accountSlotTime({ fromMs: 0, toMs: 10 }, [{ slotCount: 1, fromMs: 0, toMs: null }], [double]),
  ).toThrow(/more slot-time/)
})
