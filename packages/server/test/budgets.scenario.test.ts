/** Budgets and rate limits through the whole product: who may set which, and sees which. */
import { type Client, createClient, ProblemError } from '@spillway/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()
let installation: TestInstallation
let buyer: Client
let operator: Client
let organizationId: string

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  buyer = createClient({ url: installation.url, credential: installation.demoApiKey })
  operator = createClient({ url: installation.url, credential: installation.operatorToken })
  organizationId = (await buyer.getSession()).organization.id
})

afterAll(() => installation.stop())

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (failure: unknown) =>
      failure instanceof ProblemError ? failure.problem.code : String(failure),
  )
}

test('an organization sets budgets beside those of the operator, and neither changes the other\u2019s', async () => {
  // given
  const ceiling = await operator.setBudget({ body: { organizationId, amountUsd: '500' } })
  const own = await buyer.setBudget({ body: { amountUsd: '20' } })
  // then
  expect(ceiling).toMatchObject({ setBy: 'operator', period: 'month', amountUsd: '500' })
  expect(own).toMatchObject({ setBy: 'organization', organizationId, spentUsd: '0', leftUsd: '20' })
  expect((await buyer.listBudgets()).items.map(({ id }) => id)).toEqual([ceiling.id, own.id])
  const remove = (client: Client, id: string) => codeOf(client.deleteBudget({ params: { id } }))
  expect(await remove(buyer, ceiling.id)).toBe('permission.denied')
  expect(await remove(operator, own.id)).toBe('permission.denied')
  expect(await remove(buyer, 'bud_00000000000000000000000000')).toBe('budget.not_found')
  // when
  const again = await buyer.setBudget({ body: { amountUsd: '30', alerts: [90, 50, 50] } })
  expect(again).toMatchObject({ id: own.id, amountUsd: '30', alerts: [50, 90] })
  expect(await remove(buyer, own.id)).toBe('done')
  expect(await remove(operator, ceiling.id)).toBe('done')
})

test('nobody sets or sees a budget of another organization', async () => {
  const { organization, apiKey } = await operator.createOrganization({ body: { name: 'other' } })
  const other = createClient({ url: installation.url, credential: apiKey })
  const theirs = await other.setBudget({ body: { amountUsd: '1' } })
  expect(await codeOf(buyer.deleteBudget({ params: { id: theirs.id } }))).toBe('budget.not_found')
  expect((await buyer.listBudgets()).items).toEqual([])
  const body = { amountUsd: '1', organizationId: organization.id }
  expect(await codeOf(buyer.setBudget({ body }))).toBe('organization.not_found')
  const [key] = (await other.listApiKeys()).items
  const foreign = { amountUsd: '1', apiKeyId: key?.id ?? '' }
  expect(await codeOf(buyer.setBudget({ body: foreign }))).toBe('request.invalid')
})

test('a budget of one end user is told from one of each', async () => {
  await buyer.setBudget({ body: { amountUsd: '2', period: 'day', endUser: '*' } })
  await buyer.setBudget({ body: { amountUsd: '5', period: 'day', endUser: 'ann' } })
  const { items } = await buyer.listBudgets()
  expect(items).toMatchObject([
    { endUser: '*', leftUsd: null, endUsers: 0 },
    { endUser: 'ann', leftUsd: '5', endUsers: null },
  ])
  for (const { startsAt, endsAt } of items)
    expect(Date.parse(endsAt ?? '') - Date.parse(startsAt)).toBe(86_400_000)
})

test('an organization sets rate limits under those of the operator, and neither changes the other\u2019s', async () => {
  // given
  const ceiling = await operator.setRateLimit({ body: { requestsPerMinute: 100_000 } })
  const own = await buyer.setRateLimit({ body: { tokensPerMinute: 5000, model: 'toy' } })
  // then
  expect(ceiling).toMatchObject({ organizationId: null, setBy: 'operator', tokensPerMinute: null })
  expect(own).toMatchObject({ organizationId, setBy: 'organization', model: 'toy' })
  expect((await buyer.listRateLimits()).items.map(({ id }) => id)).toEqual([ceiling.id, own.id])
  const remove = (client: Client, id: string) => codeOf(client.deleteRateLimit({ params: { id } }))
  expect(await remove(buyer, ceiling.id)).toBe('permission.denied')
  expect(await remove(operator, own.id)).toBe('permission.denied')
  expect(await remove(buyer, 'rlm_00000000000000000000000000')).toBe('rate_limit.not_found')
  expect(await codeOf(buyer.setRateLimit({ body: {} }))).toBe('request.invalid')
  const elsewhere = { concurrency: 1, organizationId: 'org_00000000000000000000000000' }
  expect(await codeOf(buyer.setRateLimit({ body: elsewhere }))).toBe('organization.not_found')
  expect(await remove(buyer, own.id)).toBe('done')
  expect(await remove(operator, ceiling.id)).toBe('done')
})
