/** Quotas through the binary: use, requests and what the operator decides. */
import type { Quota, QuotaRequest } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const ORGANIZATION_ID = 'org_06f3k0000000000000000000aa'
const QUOTA_ID = 'qta_06f3k0000000000000000000aa'
const REQUEST_ID = 'qrq_06f3k0000000000000000000aa'

function quota(changes: Partial<Quota> = {}): Quota {
  return {
    ...{ id: QUOTA_ID, organizationId: ORGANIZATION_ID, organization: 'demo', projectId: null },
    ...{ pool: 'laptop', accelerator: null, tier: null, gpus: 8, setAt: AT },
    use: { held: 4, waiting: 0, ordered: 3, quoted: 0, gpus: 7, gpusLeft: 1 },
    ...changes,
  }
}

function request(changes: Partial<QuotaRequest> = {}): QuotaRequest {
  return {
    ...{ id: REQUEST_ID, organizationId: ORGANIZATION_ID, organization: 'demo', pool: 'laptop' },
    ...{ accelerator: null, tier: null, gpus: 16, reason: 'a deadline', state: 'open' },
    ...{ projectId: null, createdAt: AT, decidedAt: null, answer: null, grantedGpus: null },
    ...changes,
  }
}

test('the list says how much of each quota is used, and by what', async () => {
  const { stdout, code } = await run(['quota', 'list'], {
    answers: { listQuotas: () => page([quota()]) },
  })
  expect(stdout).toMatch(/demo +laptop +all +all +7 +8 +4 held, 3 ordered/)
  expect(code).toBe(0)
  const none = await run(['quota', 'list'], { answers: { listQuotas: () => page([]) } })
  expect(none.stdout).toContain('no quota')
})

test('the operator sets a quota of an organization by its name, or a default of everybody', async () => {
  const bodies: unknown[] = []
  const answers = {
    listOrganizations: () =>
      page([
        {
          ...{ id: ORGANIZATION_ID, name: 'demo', kind: 'customer' as const, createdAt: AT },
          ...{ balanceUsd: '1', heldUsd: '0' },
        },
      ]),
    setQuota: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return quota()
    },
  }
  const key = 'operator-secret'
  await run(['quota', 'set', '--gpus', '8', '--organization', 'demo', '--pool', 'laptop'], {
    ...{ answers, key },
  })
  await run(['quota', 'set', '--gpus', '4', '--accelerator', 'H100', '--tier', 'spot'], {
    ...{ answers, key },
  })
  expect(bodies).toEqual([
    { gpus: 8, organizationId: ORGANIZATION_ID, pool: 'laptop' },
    { gpus: 4, accelerator: 'H100', tier: 'spot' },
  ])
})

test('a buyer asks for more, and the operator grants less, declines, or deletes what was set', async () => {
  const asked = await run(
    ['quota', 'request', '--gpus', '16', '--reason', 'a deadline', '--pool', 'laptop', '--json'],
    { answers: { createQuotaRequest: () => request() } },
  )
  expect(JSON.parse(asked.stdout)).toMatchObject({ id: REQUEST_ID, state: 'open' })
  const bodies: unknown[] = []
  const answers = {
    listQuotaRequests: () => page([request()]),
    decideQuotaRequest: ({ body }: { readonly body: unknown }) => {
      bodies.push(body)
      return request({ state: 'granted', decidedAt: AT, grantedGpus: 12, answer: '' })
    },
    deleteQuota: () => ({ ok: true as const }),
  }
  const key = 'operator-secret'
  const granted = await run(['quota', 'grant', 'qrq_06f3', '--gpus', '12'], { answers, key })
  expect(granted.stdout).toMatch(/GPUs granted +12/)
  await run(['quota', 'decline', REQUEST_ID, '--answer', 'not now'], { answers, key })
  expect(bodies).toEqual([
    { decision: 'grant', gpus: 12 },
    { decision: 'decline', answer: 'not now' },
  ])
  const listed = await run(['quota', 'requests', '--state', 'open'], { answers, key })
  expect(listed.stdout).toMatch(/open +demo +all +laptop +all +16 +a deadline/)
  const deleted = await run(['quota', 'delete', QUOTA_ID], { answers, key })
  expect(deleted.stdout).toContain(`deleted ${QUOTA_ID}`)
})
