import { expect, test } from 'vitest'
import type { Attempt } from '../../packages/server/test/harness/evidence.ts'
import { collisionsOf, type Presence, proveBills, ranOnMs } from './proof.ts'

function presence(attempt: string, fromMs: number, toMs: number, slot = 0): Presence {
  return { attempt, node: 'n', slot, fromMs, toMs }
}

const RUN: Attempt = {
  lease: 'l',
  attempt: 'l-1',
  gpus: 2,
  isSold: true,
  startedMs: 100,
  goneMs: 1100,
}

const doublySoldMs = (presences: readonly Presence[]) =>
  collisionsOf(presences).reduce((sum, { ms }) => sum + ms, 0)

test('two attempts on one slot at once are counted for as long as both were there', () => {
  expect(doublySoldMs([presence('a', 0, 500), presence('b', 300, 900)])).toBe(200)
  expect(doublySoldMs([presence('a', 0, 500), presence('b', 500, 900)])).toBe(0)
  expect(doublySoldMs([presence('a', 0, 500), presence('b', 300, 900, 1)])).toBe(0)
})

test('a long one over a short one is seen too', () => {
  const seen = [presence('a', 0, 1000), presence('b', 100, 200), presence('c', 300, 400)]
  expect(doublySoldMs(seen)).toBe(100 + 100)
})

test('what ran on after it was called gone is the worst of all', () => {
  expect(ranOnMs([presence('l-1', 100, 1090)], [RUN])).toBe(0)
  expect(ranOnMs([presence('l-1', 100, 1350)], [RUN])).toBe(250)
})

test('a gap in the bill is lost, an overlap and a surplus are doubled', () => {
  const whole = [
    { lease: 'l', fromMs: 100, toMs: 600, quantity: 1000 },
    { lease: 'l', fromMs: 600, toMs: 1100, quantity: 1000 },
  ]
  expect(proveBills([RUN], whole)).toEqual({ lostMs: 0, doubledMs: 0, billedMs: 2000 })
  expect(proveBills([RUN], whole.slice(0, 1))).toMatchObject({ lostMs: 1000, doubledMs: 0 })
  const twice = [...whole, { lease: 'l', fromMs: 500, toMs: 600, quantity: 200 }]
  expect(proveBills([RUN], twice).doubledMs).toBeGreaterThan(0)
})
