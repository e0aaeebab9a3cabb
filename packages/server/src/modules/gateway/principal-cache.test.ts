import { beforeEach, expect, test } from 'vitest'
import type { Credential, Principal } from '#modules/identity/index.ts'
import { PrincipalCache } from './principal-cache.ts'

const ada: Principal = {
  apiKeyId: 'key_1',
  organizationId: 'org_1',
  organizationName: 'Ada',
  organizationKind: 'customer',
  projectId: 'prj_1',
  projectName: 'default',
  role: 'inference',
}
const key: Credential = { kind: 'key', text: 'sk-ada' }
const session: Credential = { kind: 'session', text: 'cookie' }
const stranger: Credential = { kind: 'key', text: 'sk-stranger' }

let nowMs = 0
let asked = 0
let isAway = false
let answers: Map<string, Principal>
let cache: PrincipalCache

beforeEach(() => {
  nowMs = 0
  asked = 0
  isAway = false
  answers = new Map([
    [key.text, ada],
    [session.text, ada],
  ])
  cache = new PrincipalCache({
    authenticate: async ({ text }) => {
      asked += 1
      if (isAway) throw new Error('connection refused')
      return answers.get(text) ?? null
    },
    nowMs: () => nowMs,
    onFailure: () => undefined,
  })
  cache.setDeaf(false)
})

test('a known key is asked once', async () => {
  expect(cache.recall(key)).toBeNull()
  const [first, second] = await Promise.all([cache.resolve(key), cache.resolve(key)])
  expect(first).toEqual({ kind: 'known', principal: ada })
  expect(second).toEqual(first)
  expect(cache.recall(key)).toEqual(first)
  expect(asked).toBe(1)
})

test('a revoked key is forgotten at once', async () => {
  await cache.resolve(key)
  answers.delete(key.text)
  cache.forget('key_1')
  expect(cache.recall(key)).toBeNull()
  expect(await cache.resolve(key)).toEqual({ kind: 'wrong' })
})

test('an answer that a revocation overtook is not remembered', async () => {
  const lookup = cache.resolve(key)
  cache.forget('key_1')
  await lookup
  expect(cache.recall(key)).toBeNull()
})

test('a wrong key is remembered until a key is made', async () => {
  expect(await cache.resolve(stranger)).toEqual({ kind: 'wrong' })
  expect(cache.recall(stranger)).toEqual({ kind: 'wrong' })
  cache.forget('key_new')
  expect(cache.recall(stranger)).toBeNull()
})

test('while the database is away a known key works, an unknown one is neither right nor wrong', async () => {
  await cache.resolve(key)
  isAway = true
  cache.setDeaf(true)
  nowMs += 60_000
  expect(cache.recall(key)).toEqual({ kind: 'known', principal: ada })
  expect(await cache.resolve(key)).toEqual({ kind: 'known', principal: ada })
  expect(await cache.resolve(stranger)).toEqual({ kind: 'unavailable' })
})

test('a session does not outlive its freshness', async () => {
  await cache.resolve(session)
  expect(cache.recall(session)).not.toBeNull()
  isAway = true
  cache.setDeaf(true)
  nowMs += 3_001
  expect(cache.recall(session)).toBeNull()
  expect(await cache.resolve(session)).toEqual({ kind: 'unavailable' })
})

test('without news of revocations a key is asked again behind, and then refused', async () => {
  await cache.resolve(key)
  cache.setDeaf(true)
  answers.delete(key.text)
  expect(cache.recall(key)).toMatchObject({ kind: 'known' })
  await cache.resolve(key)
  expect(cache.recall(key)).toEqual({ kind: 'wrong' })
})

test('a flood of wrong keys drives no right one out', async () => {
  await cache.resolve(key)
  for (let index = 0; index < 3000; index++)
    await cache.resolve({ kind: 'key', text: `sk-${index}` })
  expect(cache.recall(key)).toMatchObject({ kind: 'known' })
  expect(cache.recall({ kind: 'key', text: 'sk-0' })).toBeNull()
})
