import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginTry, type Breaker, CLOSED, endTry, stateOf } from './breaker.ts'

const fail = (breaker: Breaker, nowMs: number) => endTry(beginTry(breaker, nowMs), 'failed', nowMs)
const answer = (breaker: Breaker, nowMs: number) =>
  endTry(beginTry(breaker, nowMs), 'answered', nowMs)
const times = (count: number, step: (breaker: Breaker) => Breaker, from: Breaker = CLOSED) =>
  Array.from({ length: count }).reduce<Breaker>(step, from)

describe('a breaker', () => {
  test('opens when half of at least five tries failed, and not before', () => {
    const four = times(4, (each) => fail(each, 100))
    expect(stateOf(four, 100)).toBe('closed')
    expect(stateOf(fail(four, 100), 101)).toBe('open')
    const mostly = times(20, (each) => answer(each, 100))
    expect(
      stateOf(
        times(19, (each) => fail(each, 100), mostly),
        100,
      ),
    ).toBe('closed')
    expect(
      stateOf(
        times(20, (each) => fail(each, 100), mostly),
        100,
      ),
    ).toBe('open')
  })

  test('forgets what was long ago', () => {
    const before = times(4, (each) => fail(each, 100))
    expect(stateOf(fail(before, 30_000), 30_000)).toBe('closed')
  })

  test('lets one probe through after its pause, and closes when that is answered', () => {
    const opened = times(5, (each) => fail(each, 0))
    expect(stateOf(opened, 1999)).toBe('open')
    expect(stateOf(opened, 2000)).toBe('half_open')
    const probing = beginTry(opened, 2000)
    expect(probing.isProbing).toBe(true)
    expect(stateOf(endTry(probing, 'answered', 2100), 2100)).toBe('closed')
  })

  test('pauses twice as long when the probe failed, up to a minute', () => {
    const opened = times(5, (each) => fail(each, 0))
    const again = fail(opened, 2000)
    expect(stateOf(again, 5999)).toBe('open')
    expect(stateOf(again, 6000)).toBe('half_open')
    const long = Array.from({ length: 20 }).reduce<{ breaker: Breaker; nowMs: number }>(
      ({ breaker }) => {
        const nowMs = breaker.openUntilMs ?? 0
        return { breaker: fail(breaker, nowMs), nowMs }
      },
      { breaker: again, nowMs: 0 },
    )
    expect((long.breaker.openUntilMs ?? 0) - long.nowMs).toBe(60_000)
  })

  test('learns nothing from a client that left: the next request is the probe', () => {
    const opened = times(5, (each) => fail(each, 0))
    const left = endTry(beginTry(opened, 2000), 'unknown', 2100)
    expect(left.isProbing).toBe(false)
    expect(stateOf(left, 2100)).toBe('half_open')
  })

  test('that sees only answers never opens', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 50 }), (gaps) => {
        let [breaker, nowMs] = [CLOSED, 0]
        for (const gap of gaps) {
          nowMs += gap
          breaker = answer(breaker, nowMs)
          expect(stateOf(breaker, nowMs)).toBe('closed')
        }
      }),
    )
  })
})
