/** Rate limits through the binary. */
import type { RateLimit } from '@spillway/contract'
import { expect, test } from 'vitest'
import { apiKey, AT, KEY_ID, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()
const LIMIT_ID = 'rlm_06f3k0000000000000000000aa'

function limit(changes: Partial<RateLimit> = {}): RateLimit {
  return {
    ...{ id: LIMIT_ID, organizationId: null, organization: null, setBy: 'operator', setAt: AT },
    ...{ projectId: null, apiKeyId: null, model: 'toy' },
    ...{ requestsPerMinute: 600, tokensPerMinute: null, concurrency: 8 },
    ...changes,
  }
}

test('limits are listed, set and deleted', async () => {
  const bodies: unknown[] = []
  const answers = {
    listRateLimits: () => page([limit()]),
    setRateLimit: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return limit()
    },
    deleteRateLimit: () => ({ ok: true as const }),
  }
  const listed = await run(['rate-limit', 'list'], { answers })
  expect(listed.stdout).toMatch(/each customer +toy +600 +8 +operator/)
  const flags = ['--requests', '600', '--concurrency', '8', '--model', 'toy']
  const set = await run(['rate-limit', 'set', ...flags], { answers })
  expect(bodies).toEqual([{ requestsPerMinute: 600, concurrency: 8, model: 'toy' }])
  expect(set.stdout).toContain(LIMIT_ID)
  const gone = await run(['rate-limit', 'delete', 'aa'], { answers })
  expect(gone.stdout).toContain(`deleted ${LIMIT_ID}`)
})

test('one of a key is set by the name of the key, with the caller’s own credential', async () => {
  const bodies: unknown[] = []
  const answers = {
    listApiKeys: () => page([apiKey()]),
    setRateLimit: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return limit({ apiKeyId: KEY_ID })
    },
  }
  const set = await run(['rate-limit', 'set', '--requests', '60', '--of-key', 'ci'], { answers })
  expect(bodies).toEqual([{ requestsPerMinute: 60, apiKeyId: KEY_ID }])
  expect(set.stdout).toContain(KEY_ID)
})
