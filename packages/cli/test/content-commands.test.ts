/** What is kept of prompts and answers, through the binary. */
import type { CacheState, ContentPolicy } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

function policy(changes: Partial<ContentPolicy> = {}): ContentPolicy {
  return {
    projectId: 'prj_06f3k0000000000000000000aa',
    organizationId: 'org_06f3k0000000000000000000aa',
    ...{ cache: 'on', cacheTtlSeconds: 3600, isSampledCached: false, storedDays: null },
    ...{ setBy: 'key_06f3k0000000000000000000aa', setAt: AT },
    ...changes,
  }
}

test('what projects let be kept is shown', async () => {
  const { stdout } = await run(['content', 'show'], {
    answers: { listContentPolicies: () => page([policy({ storedDays: 7 })]) },
  })
  expect(stdout).toMatch(/on +1 h +no +7 days/)
})

test('only what is said is set', async () => {
  const bodies: unknown[] = []
  const answers = {
    setContentPolicy: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return policy()
    },
  }
  await run(['content', 'set', '--cache', 'on', '--cache-ttl', '6h', '--sampled', 'yes'], {
    answers,
  })
  await run(['content', 'set', '--store', '30d'], { answers })
  expect(await run(['content', 'set', '--store', '36h'], { answers })).toMatchObject({ code: 2 })
  expect(bodies).toEqual([
    { cache: 'on', cacheTtlSeconds: 21_600, isSampledCached: true },
    { storedDays: 30 },
  ])
})

test('the cache says how often it had the answer, and is emptied only when that is meant', async () => {
  const state: CacheState = {
    ...{ projectId: policy().projectId, mode: 'on', answers: 12, bytes: 20_480 },
    ...{ hits: 3, misses: 1, hitPercent: 75 },
    days: [{ day: '2026-03-04', hits: 3, misses: 1, hitTokens: 1500 }],
  }
  const shown = await run(['cache', 'show'], { answers: { getCache: () => state } })
  expect(shown.stdout).toContain('75.0 % hits (3 hits, 1 misses)')
  const answers = { purgeCache: () => ({ deleted: 12 }) }
  expect(await run(['cache', 'purge'], { answers })).toMatchObject({ code: 2 })
})

test('stored content is listed without its words, and read by its request', async () => {
  const stored = {
    requestId: 'req_0123456789abcdef01234567',
    projectId: policy().projectId,
    ...{ apiKeyId: 'key_06f3k0000000000000000000aa', model: 'toy', dialect: 'chat', bytes: 300 },
    ...{ at: AT, expiresAt: AT },
  }
  const listed = await run(['content', 'list'], {
    answers: { listStoredContents: () => page([stored]) },
  })
  expect(listed.stdout).toMatch(/req_0123456789abcdef01234567 +toy +chat/)
  const read = await run(['content', 'read', stored.requestId], {
    answers: {
      getStoredContent: () => ({ ...stored, request: { model: 'toy' }, answer: { id: 'one' } }),
    },
  })
  expect(JSON.parse(read.stdout)).toEqual({ request: { model: 'toy' }, answer: { id: 'one' } })
})
