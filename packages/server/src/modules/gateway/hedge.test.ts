/** When a second server is asked, and who wins. */
import { expect, test } from 'vitest'
import { Contest, hedgeOf, HedgeTimes } from './hedge.ts'
import { aWish } from './testing/routes.ts'

const document = {
  ...{ groups: [], constraints: {}, retries: { attemptsMax: 3, sharePercent: 20 }, timeouts: {} },
  hedge: { afterMs: 500 },
}
const hedged = aWish({ document })

test('nothing is asked twice unless a route says so, and nothing that may act twice ever is', () => {
  expect(hedgeOf(null, { body: {} }, false)).toBeNull()
  const { hedge: _, ...plain } = document
  expect(hedgeOf(aWish({ document: plain }), { body: {} }, false)).toBeNull()
  expect(hedgeOf(hedged, { body: {} }, false)).toEqual({ afterMs: 500 })
  expect(hedgeOf(hedged, { body: {} }, true)).toBeNull()
  const withTools = (...tools: readonly unknown[]) => hedgeOf(hedged, { body: { tools } }, false)
  expect(withTools({ type: 'function' }, { type: 'custom' }, { name: 'mine' })).not.toBeNull()
  expect(withTools({ type: 'function' }, { type: 'web_search' })).toBeNull()
  expect(withTools('what is this')).toBeNull()
  expect(hedgeOf(hedged, { body: { tools: 'what is this' } }, false)).toBeNull()
})

test('slow is what the route says until enough was measured, and then what was measured lately', () => {
  const times = new HedgeTimes()
  const rule = { afterMs: 500, percentile: 90 }
  for (let ms = 1; ms < 20; ms++) times.note('m', ms)
  expect(times.afterMs(rule, 'm')).toBe(500)
  times.note('m', 20)
  expect(times.afterMs(rule, 'm')).toBe(19)
  expect(times.afterMs({ afterMs: 500 }, 'm')).toBe(500)
  expect(times.afterMs(rule, 'another')).toBe(500)
  // What was long ago is forgotten.
  for (let count = 0; count < 128; count++) times.note('m', 1000)
  expect(times.afterMs({ afterMs: 500, percentile: 50 }, 'm')).toBe(1000)
})

test('the first who claims wins once and for all, and the other is called off, however late it says how', () => {
  const contest = new Contest()
  const [one, two] = [contest.enter(), contest.enter()]
  const calledOff: string[] = []
  one.onLost(() => calledOff.push('one'))
  expect(contest.isDecided).toBe(false)
  expect(two.claim()).toBe(true)
  expect([one.claim(), two.claim(), contest.isDecided]).toEqual([false, true, true])
  two.onLost(() => calledOff.push('two'))
  one.onLost(() => calledOff.push('one, late'))
  expect(calledOff).toEqual(['one', 'one, late'])
})
