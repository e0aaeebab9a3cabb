import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginningOf, hashOf, homeOf } from './prefix.ts'

const servers = (busy: readonly number[], weights: readonly number[] = []) =>
  busy.map((each, index) => ({ id: `server-${index}`, weight: weights[index] ?? 1, busy: each }))

test('a conversation has the same home at each turn, whatever the dialect', () => {
  const first = { role: 'user', content: `hello ${'x'.repeat(3000)}` }
  const later = [first, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'more' }]
  expect(beginningOf({ messages: [first] })).toBe(beginningOf({ messages: later }))
  expect(beginningOf({ system: 'be brief', messages: [] })).toBe('be brief')
  expect(beginningOf({ prompt: ['a', 'b'] })).toBe('ab')
})

test('beginnings spread over servers by their weights', () => {
  const homes = Array.from({ length: 8000 }, (_, index) =>
    homeOf(hashOf(`conversation ${index}`), servers([0, 0, 0], [1, 1, 2])),
  )
  const share = (wanted: number) => homes.filter((home) => home === wanted).length / homes.length
  expect(share(0)).toBeCloseTo(0.25, 1)
  expect(share(1)).toBeCloseTo(0.25, 1)
  expect(share(2)).toBeCloseTo(0.5, 1)
})

test('when a server goes, only what was its own moves', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const prefix = hashOf(text)
      const all = servers([0, 0, 0, 0])
      const before = homeOf(prefix, all)
      const left = all.filter(({ id }) => id !== 'server-3')
      if (before !== 3) expect(left[homeOf(prefix, left)]?.id).toBe(all[before]?.id)
    }),
  )
})

test('nobody is given more than a quarter above the fair share', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 8 }), fc.nat(), (busy, prefix) => {
      const home = homeOf(prefix, servers(busy))
      const fair = (busy.reduce((sum, each) => sum + each, 0) + 1) / busy.length
      expect((busy[home] ?? 0) + 1).toBeLessThanOrEqual(Math.ceil(1.25 * fair))
    }),
  )
})
