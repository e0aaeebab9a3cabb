/** What a request may have of its project's cache, and that a place in it is of one project and one request. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical, canonicalRequest, isSteady, planCache, readCacheWish } from './cache-plan.ts'
import { cacheId } from './cache-service.ts'
import type { CacheMode, ContentPolicy } from './policy.ts'

const AT = new Date('2026-01-01T00:00:00Z')

function policy(changes: Partial<ContentPolicy> = {}): ContentPolicy {
  return {
    ...{ projectId: 'prj_a', organizationId: 'org_a', generation: 'one', setBy: 'key', setAt: AT },
    ...{ cache: 'on', cacheTtlS: 3600, isSampledCached: false, storedDays: null },
    ...changes,
  }
}

const modes = fc.constantFrom<CacheMode>('off', 'asked', 'on')
const wishes = fc.option(
  fc.record({
    mode: fc.constantFrom('use' as const, 'bypass' as const, 'refresh' as const),
    maxAgeS: fc.option(fc.nat(100_000), { nil: null }),
  }),
  { nil: null },
)

test('a header narrows what the project allows, and never widens it', () => {
  fc.assert(
    fc.property(
      modes,
      fc.boolean(),
      fc.boolean(),
      wishes,
      (cache, isSampledCached, steady, wish) => {
        const plan = planCache(policy({ cache, isSampledCached }), { wish, isSteady: steady })
        if (plan === null) return
        expect(cache).not.toBe('off')
        expect(steady || (isSampledCached && wish !== null)).toBe(true)
        expect(wish?.mode).not.toBe('bypass')
        expect(cache === 'asked' && wish === null).toBe(false)
        expect(plan.ttlS).toBeLessThanOrEqual(3600)
        expect(plan.isRead).toBe(wish?.mode !== 'refresh')
      },
    ),
  )
  expect(planCache(policy(), { wish: null, isSteady: true })).not.toBe(null)
  expect(planCache(policy(), { wish: null, isSteady: false })).toBe(null)
})

test('the header is one of three words, with an age', () => {
  expect(readCacheWish('use')).toEqual({ mode: 'use', maxAgeS: null })
  expect(readCacheWish(' refresh; max-age=60 ')).toEqual({ mode: 'refresh', maxAgeS: 60 })
  for (const wrong of ['', 'on', 'use;max-age=', 'use max-age=1', 'use; max-age=-1'])
    expect(readCacheWish(wrong)).toBe(null)
})

test('steady is what draws nothing at random', () => {
  const chat = { isEmbedding: false, choices: 1 }
  expect(isSteady({ temperature: 0 }, chat)).toBe(true)
  expect(isSteady({ temperature: 0 }, { ...chat, choices: 2 })).toBe(false)
  expect(isSteady({}, chat)).toBe(false)
  expect(isSteady({ temperature: 0.1, seed: 1 }, chat)).toBe(false)
  expect(isSteady({}, { isEmbedding: true, choices: 1 })).toBe(true)
})

test('the order of keys and the way of delivery make no other request; anything else does', () => {
  const body = { model: 'm', temperature: 0, messages: [{ role: 'user', content: 'x' }] }
  const turned = { messages: [{ content: 'x', role: 'user' }], temperature: 0, model: 'm' }
  expect(canonicalRequest({ ...turned, stream: true, user: 'ann' })).toBe(canonicalRequest(body))
  for (const other of [{ temperature: 0.5 }, { top_p: 1 }, { max_tokens: 5 }, { stop: ['a'] }])
    expect(canonicalRequest({ ...body, ...other })).not.toBe(canonicalRequest(body))
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value))
    }),
  )
})

test('a place in the cache is of one project, one generation and one request', () => {
  const names = fc.string({ minLength: 1, maxLength: 12 })
  const owners = fc.record({ organizationId: names, projectId: names, generation: names })
  const parts = fc.array(fc.string(), { maxLength: 4 })
  const key = (owner: object) => JSON.stringify(owner)
  fc.assert(
    fc.property(owners, owners, parts, parts, (one, other, said, otherSaid) => {
      const first = cacheId('pepper', { policy: policy(one), parts: said })
      const second = cacheId('pepper', { policy: policy(other), parts: otherSaid })
      const isSame = key(one) === key(other) && key(said) === key(otherSaid)
      expect(first === second).toBe(isSame)
      expect(cacheId('another', { policy: policy(one), parts: said })).not.toBe(first)
    }),
  )
})
