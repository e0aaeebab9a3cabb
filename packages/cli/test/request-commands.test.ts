/** The request log through the binary: the list with its filters, one request in full, and the live tail. */
import type { LoggedRequest } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run, start } = createWorkplace()
const KEY_ID = 'key_06f3k0000000000000000000aa'

function request(changes: Partial<LoggedRequest> = {}): LoggedRequest {
  return {
    ...{ id: 'req_a1', at: AT, organizationId: 'org_06f3k0000000000000000000aa' },
    ...{ projectId: 'prj_06f3k0000000000000000000aa', apiKeyId: KEY_ID, endUser: 'u-7' },
    ...{ dialect: 'chat', isStream: true, modelAsked: 'toy', model: 'toy', isCached: false },
    ...{ outcome: 'answered', status: 200, errorCode: null, costUsd: '0.0025' },
    tokens: { input: 10, output: 5, cachedInput: 4, cacheWrite: 0, reasoning: 0 },
    ...{ firstOutputMs: 40, durationMs: 1234, guardrails: null, routeVersion: 3 },
    tries: [
      {
        ...{ target: 'dep_x', provider: 'own', region: 'eu', model: 'toy', group: 'all' },
        ...{ reason: 'least_busy', outcome: 'answered', status: null, ms: 1200 },
      },
    ],
    ...changes,
  }
}

test('the list takes every filter, shows what became of each, and says what is only counted', async () => {
  const queries: unknown[] = []
  const refused = request({ outcome: 'refused', status: 429, errorCode: 'rate_limit_exceeded' })
  const answers = {
    listApiKeys: () => page([{ id: KEY_ID, name: 'demo' }]),
    listRequests: ({ query }: { readonly query: unknown }) => {
      queries.push(query)
      return { items: [request({ model: 'other' }), refused], nextCursor: '1-req_a1', omitted: 7 }
    },
  }
  const flags = ['--status', '4xx', '--slow', '2s', '--costly', '0.5', '--of-key', KEY_ID]
  const { stdout, stderr, code } = await run(['request', 'list', '--model', 'toy', ...flags], {
    answers,
  })
  expect(queries).toMatchObject([
    { model: 'toy', status: '4xx', slowerThanMs: 2000, costAtLeastUsd: '0.5', apiKeyId: KEY_ID },
  ])
  expect(stdout).toMatch(/req_a1 +toy → other +200 +10\+5 +0\.0025 +40 ms +1\.2 s +u-7/)
  expect(stdout).toContain('429 rate_limit_exceeded')
  expect(stderr).toContain('7 more are only counted')
  expect(stderr).toContain('--cursor 1-req_a1')
  expect(code).toBe(0)
})

test('one request is shown with its tries, and one that is not there is a failure', async () => {
  const answers = {
    listRequests: ({ query }: { readonly query: { readonly id?: string } }) => ({
      ...{ items: query.id === 'req_a1' ? [request()] : [], nextCursor: null, omitted: 0 },
    }),
  }
  const { stdout } = await run(['request', 'show', 'req_a1'], { answers })
  expect(stdout).toMatch(/tokens +10 in, 5 out; 4 cached/)
  expect(stdout).toMatch(
    /try 1 +answered by dep_x \(own in eu; least_busy, group all\) after 1\.2 s/,
  )
  const missing = await run(['request', 'show', 'req_b2'], { answers })
  expect(missing.stderr).toContain('no request req_b2')
  expect(missing.code).toBe(1)
})

test('the tail shows requests as they end and says what was left out, until Ctrl-C', async () => {
  const running = await start(['requests', 'tail', '--json'], {
    answers: {
      tailRequests: async function* () {
        yield { kind: 'skipped', requests: 12 }
        yield { kind: 'request', request: request() }
        await new Promise(() => undefined)
      },
    },
  })
  await running.shows('req_a1')
  running.child.kill('SIGINT')
  const { code, stdout } = await running.ended
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  expect(lines).toMatchObject([{ kind: 'skipped', requests: 12 }, { request: { id: 'req_a1' } }])
  expect(code).toBe(130)
})
