/** Trusted time against a machine whose clocks the test moves. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SavedClock } from './anchor-file.ts'
import { TrustedClock } from './trusted-clock.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.parse('2026-05-01T12:00:00Z')

/** A machine with a saved file, and a clock on it that can be started again. */
function world() {
  const state = { wallMs: START_MS, monotonicMs: 5_000, slept: 0, boot: 'first' }
  let saved: SavedClock | null = null
  const start = () =>
    new TrustedClock({
      machine: {
        wallMs: () => Math.floor(state.wallMs),
        monotonicMs: () => state.monotonicMs,
        uptimeMs: () => Math.floor((state.monotonicMs + state.slept) / 10) * 10,
        bootId: state.boot,
      },
      saved,
      save: (next) => (saved = next),
    })
  const pass = (ms: number) => {
    state.wallMs += ms
    state.monotonicMs += ms
  }
  /** Seconds with a tick each, as a running server makes them. */
  const run = (clock: TrustedClock, ms: number) => {
    for (let left = ms; left > 0; left -= 1000) {
      pass(Math.min(1000, left))
      clock.tick()
    }
  }
  return { state, start, pass, run }
}

test('trusted time starts at the wall and follows the counter', () => {
  const { start, run } = world()
  const clock = start()
  run(clock, 60_000)
  expect(clock.now().getTime()).toBe(START_MS + 60_000)
})

test('a wall clock set back an hour changes nothing but a slow drift', () => {
  // given
  const { state, start, run } = world()
  const clock = start()
  run(clock, 10_000)
  // when
  state.wallMs -= HOUR_MS
  run(clock, 100_000)
  // then: 100 seconds at most 500 ppm slower
  const elapsedMs = clock.now().getTime() - START_MS
  expect(elapsedMs).toBeGreaterThanOrEqual(110_000 - 51)
  expect(elapsedMs).toBeLessThanOrEqual(110_000 - 49)
})

test('a wall clock set forward a day changes nothing but a slow drift', () => {
  const { state, start, run } = world()
  const clock = start()
  state.wallMs += 24 * HOUR_MS
  run(clock, 100_000)
  const elapsedMs = clock.now().getTime() - START_MS
  expect(elapsedMs).toBeGreaterThanOrEqual(100_000 + 48)
  expect(elapsedMs).toBeLessThanOrEqual(100_000 + 51)
})

test('a restart continues trusted time although the wall was set back an hour in between', () => {
  // given
  const { state, start, pass, run } = world()
  const first = start()
  run(first, 10_000)
  // when
  state.wallMs -= HOUR_MS
  pass(30_000)
  const second = start()
  // then
  expect(second.now().getTime() - START_MS).toBeGreaterThanOrEqual(40_000 - 16)
  expect(second.now().getTime() - START_MS).toBeLessThanOrEqual(40_000)
})

test('after a boot the wall is taken', () => {
  // given
  const { state, start, run } = world()
  run(start(), 10_000)
  // when
  state.boot = 'second'
  state.monotonicMs = 800
  state.wallMs += 2 * HOUR_MS
  // then
  expect(start().now().getTime()).toBe(START_MS + 10_000 + 2 * HOUR_MS)
})

test('after a boot with the wall set back, no time before the last given one is given', () => {
  // given
  const { state, start, pass, run } = world()
  const first = start()
  run(first, 10_000)
  pass(900)
  const last = first.now().getTime()
  // when
  state.boot = 'second'
  state.monotonicMs = 800
  state.wallMs -= HOUR_MS
  // then
  expect(start().now().getTime()).toBeGreaterThanOrEqual(last)
  expect(start().now().getTime()).toBeLessThanOrEqual(last + 10_000)
})

test('after the machine slept, time has passed', () => {
  // given
  const { state, start, run } = world()
  const clock = start()
  run(clock, 10_000)
  // when
  state.slept += 8 * HOUR_MS
  state.wallMs += 8 * HOUR_MS
  run(clock, 1_000)
  // then
  expect(clock.now().getTime()).toBe(START_MS + 11_000 + 8 * HOUR_MS)
})

test('a past instant of the counter is what the clock showed then, also while it drifts', () => {
  // given
  const { state, start, run } = world()
  const clock = start()
  state.wallMs += 24 * HOUR_MS
  const shown: { monotonicMs: number; trustedMs: number }[] = []
  for (let step = 0; step < 50; step++) {
    run(clock, 1_000)
    shown.push({ monotonicMs: state.monotonicMs, trustedMs: clock.now().getTime() })
  }
  // then
  for (const { monotonicMs, trustedMs } of shown) {
    const differenceMs = clock.atMonotonic(monotonicMs).getTime() - trustedMs
    expect(Math.abs(differenceMs)).toBeLessThanOrEqual(1)
  }
})

test('an instant while no server ran lies between the last and the first moment of the servers', () => {
  const { start, pass, run, state } = world()
  const first = start()
  run(first, 5_000)
  const downAtMs = first.now().getTime()
  pass(20_000)
  const goneAt = state.monotonicMs
  pass(20_000)
  const second = start()
  expect(second.atMonotonic(goneAt).getTime()).toBe(downAtMs + 20_000)
})

test('no recorded past instant is later than now', () => {
  const { start, pass, run, state } = world()
  const clock = start()
  run(clock, 5_000)
  state.wallMs -= HOUR_MS
  pass(700)
  expect(clock.atMonotonic(state.monotonicMs).getTime()).toBeLessThanOrEqual(clock.now().getTime())
})

const step = fc.oneof(
  fc.record({
    kind: fc.constant('pass' as const),
    ms: fc.double({ min: 0, max: 900, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('tick' as const),
    ms: fc.double({ min: 900, max: 1100, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('set' as const),
    ms: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  }),
  fc.record({ kind: fc.constant('restart' as const), ms: fc.integer({ min: 0, max: 60_000 }) }),
  fc.record({ kind: fc.constant('boot' as const), ms: fc.integer({ min: 0, max: 60_000 }) }),
)

test('time never goes back, whatever happens to the machine', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { state, start, pass } = world()
      let clock = start()
      let last = clock.now().getTime()
      for (const { kind, ms } of steps) {
        if (kind === 'set') state.wallMs += ms
        else pass(ms)
        if (kind === 'tick') clock.tick()
        if (kind === 'boot') Object.assign(state, { boot: `${state.boot}+`, monotonicMs: 500 })
        if (kind === 'boot' || kind === 'restart') clock = start()
        const now = clock.now().getTime()
        expect(now).toBeGreaterThanOrEqual(last)
        last = now
      }
    }),
  )
})

test('within a boot the time between any two moments is right to 500 parts per million', () => {
  const withinBoot = fc.array(
    step.filter(({ kind }) => kind !== 'boot'),
    { maxLength: 300 },
  )
  fc.assert(
    fc.property(withinBoot, (steps) => {
      const { state, start, pass } = world()
      let clock = start()
      const first = { monotonicMs: state.monotonicMs, trustedMs: clock.now().getTime() }
      let restarts = 0
      for (const { kind, ms } of steps) {
        if (kind === 'set') state.wallMs += ms
        else pass(ms)
        if (kind !== 'set') clock.tick()
        if (kind === 'restart') {
          clock = start()
          restarts++
        }
        const trustedMs = clock.now().getTime() - first.trustedMs
        const elapsedMs = state.monotonicMs - first.monotonicMs
        // 500 ppm of slew, and what is lost to whole numbers: a microsecond an anchor, a millisecond at the ends.
        const toleranceMs = elapsedMs * 500e-6 + (steps.length + restarts) * 2e-3 + 1
        expect(Math.abs(trustedMs - elapsedMs)).toBeLessThanOrEqual(toleranceMs)
      }
    }),
  )
})
