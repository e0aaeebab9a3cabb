import fc from 'fast-check'
import { expect, test } from 'vitest'
import { picos, type Money } from '#kernel/money.ts'
import {
  EMPTY_SLAB,
  free,
  grow,
  isLow,
  refillAmount,
  reserve,
  settle,
  SLAB_POLICY,
  stockOf,
} from './slab.ts'

const amount = fc.bigInt({ min: 0n, max: 1000n }).map(picos)

const anyStep = fc.oneof(
  fc.record({ do: fc.constant('grow' as const), amount }),
  fc.record({ do: fc.constant('reserve' as const), amount }),
  fc.record({
    do: fc.constant('settle' as const),
    which: fc.nat(),
    share: fc.integer({ min: 0, max: 100 }),
  }),
)

test('what is promised and spent never passes what is held, in any order of steps', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
      let slab = EMPTY_SLAB
      const running: Money[] = []
      for (const step of steps) {
        if (step.do === 'grow') slab = grow(slab, step.amount)
        if (step.do === 'reserve') {
          const next = reserve(slab, step.amount)
          expect(next === null).toBe(step.amount > free(slab))
          if (next) running.push(step.amount)
          slab = next ?? slab
        }
        if (step.do === 'settle' && running.length > 0) {
          const [worst = picos(0n)] = running.splice(step.which % running.length, 1)
          slab = settle(slab, worst, picos((worst * BigInt(step.share)) / 100n))
        }
        expect(slab.reserved + slab.spent).toBeLessThanOrEqual(slab.granted)
        expect(slab.reserved).toBe(running.reduce((sum, worst) => sum + worst, 0n))
        expect(slab.inFlight).toBe(running.length)
      }
    }),
  )
})

test('a request that cost more than it could leaves no room for the next', () => {
  // given
  const slab = reserve(grow(EMPTY_SLAB, picos(100n)), picos(60n)) ?? EMPTY_SLAB
  // when
  const after = settle(slab, picos(60n), picos(130n))
  // then
  expect(free(after)).toBe(-30n)
  expect(reserve(after, picos(0n))).toBeNull()
})

test('a request is not settled twice', () => {
  const slab = reserve(grow(EMPTY_SLAB, picos(100n)), picos(60n)) ?? EMPTY_SLAB
  const after = settle(slab, picos(60n), picos(1n))
  expect(() => settle(after, picos(60n), picos(1n))).toThrow('settled once')
})

test('a refill never asks for more than there is, and covers what waits when it can', () => {
  fc.assert(
    fc.property(amount, amount, amount, (granted, waiting, available) => {
      const slab = grow(EMPTY_SLAB, granted)
      const stock = stockOf(available, SLAB_POLICY)
      const asked = refillAmount(slab, { waiting, available, stock })
      expect(asked).toBeGreaterThanOrEqual(0n)
      expect(asked).toBeLessThanOrEqual(available)
      if (granted + available >= waiting) expect(granted + asked).toBeGreaterThanOrEqual(waiting)
    }),
  )
})

const usd = (dollars: number) => picos(BigInt(dollars * 1e6) * 1_000_000n)

test.each([
  { available: 1000, want: 2, why: 'two dollars are enough for seconds of work' },
  { available: 16, want: 1, why: 'a sixteenth leaves room for others' },
  { available: 0.2, want: 0.05, why: 'below five cents sharing is not worth the trips' },
  { available: 0.03, want: 0.03, why: 'never more than there is' },
  { available: 0, want: 0, why: 'nothing is nothing' },
])('of $available USD a slab stocks $want: $why', ({ available, want }) => {
  expect(stockOf(usd(available), SLAB_POLICY)).toBe(usd(want))
})

test('a slab is low below half its stock, and never where there is no stock to have', () => {
  expect(isLow(grow(EMPTY_SLAB, picos(49n)), picos(100n))).toBe(true)
  expect(isLow(grow(EMPTY_SLAB, picos(50n)), picos(100n))).toBe(false)
  expect(isLow(EMPTY_SLAB, picos(0n))).toBe(false)
})
