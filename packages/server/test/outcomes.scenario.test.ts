/** Outcomes through the whole product: a task is named, paid, judged by who asked, and told by its cost. */
import { type Client, createClient, ProblemError } from '@spillway/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()
let installation: TestInstallation
let buyer: Client
let operator: Client
let inferenceKey: string

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  const created = await buyer.createApiKey({ body: { name: 'the application' } })
  inferenceKey = created.secret
  await untilTrue(async () => (await buyer.getModel({ params: { id: 'toy' } })).state === 'ready', {
    timeoutMs: 30_000,
  })
})

afterAll(() => installation.stop())

function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${installation.url}${path}`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${inferenceKey}`, 'content-type': 'application/json' },
      ...headers,
    },
    body: JSON.stringify(body),
  })
}

async function ask(task: string | null): Promise<void> {
  const named: Record<string, string> = task === null ? {} : { 'x-spillway-task-id': task }
  const messages = [{ role: 'user', content: 'What is a lease?' }]
  const answer = await post('/v1/chat/completions', { model: 'toy', messages }, named)
  expect(answer.status).toBe(200)
  await answer.text()
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (failure: unknown) =>
      failure instanceof ProblemError ? failure.problem.code : String(failure),
  )
}

test('a task\u2019s attempts are told with their charges, judged at /v1/outcomes, and add up to the balance', async () => {
  // given
  await ask('invoice/4711')
  await ask('invoice/4711')
  await ask(null)
  const taskId = 'invoice/4711'
  const usage = () => buyer.getUsage({ query: { step: 'total' } })
  const task = await untilTrue(async () => {
    const found = await buyer.getTask({ params: { taskId } })
    const { chargedUsd } = await usage()
    const isPosted = found.attempts.length === 2 && Number(chargedUsd) > Number(found.costUsd)
    return isPosted ? found : null
  })
  // when
  const body = { taskId, result: 'success', value: 0.9 }
  const once = { 'idempotency-key': 'checked' }
  const reported = await post('/v1/outcomes', body, once)
  const again = await post('/v1/outcomes', body, once)
  // then
  expect([reported.status, again.status]).toEqual([201, 201])
  const outcome = (await reported.json()) as { id: string }
  expect(await again.json()).toEqual(outcome)
  expect(outcome).toMatchObject({ result: 'success', reporterName: 'the application' })
  const report = await buyer.getOutcomeCost()
  const { reconciliation, total, rows } = report
  expect(rows).toMatchObject([{ model: 'toy', tasks: 1, judged: 1, attempts: 2 }])
  expect(total.costPerSuccessUsd).toBe(task.costUsd)
  expect(total).toMatchObject({ costPerSuccessInterval: null, noIntervalBecause: 'too_few_tasks' })
  expect(reconciliation).toMatchObject({ isHeld: true, tasksUsd: task.costUsd, gpuTimeUsd: '0' })
  expect(reconciliation.chargedUsd).toBe((await usage()).chargedUsd)
  expect(report.coverage.taskShare).toBe(1)
  const { checks } = await operator.verifyLedger()
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  expect(checks.map(({ name }) => name)).toContain('tasks_within_charges')
})

test('a later report takes the place of an earlier one, both stay, and the audit log names who', async () => {
  const taskId = 'job-2'
  const first = await buyer.reportOutcome({ body: { taskId, result: 'failure', note: 'too soon' } })
  const second = await buyer.reportOutcome({ body: { taskId, result: 'success' } })
  const { items } = await buyer.listOutcomes({ query: { taskId } })
  expect(items).toMatchObject([
    { id: second.id, isCurrent: true },
    { id: first.id, isCurrent: false, note: 'too soon' },
  ])
  const audited = (await operator.listAuditEvents()).items.filter(
    ({ action }) => action === 'outcome.report',
  )
  expect(audited.map(({ target }) => target)).toEqual(expect.arrayContaining([first.id, second.id]))
  expect(audited.find(({ target }) => target === first.id)?.actor).toBe(first.reporter)
})

test('nobody judges or sees what another organization asked, the operator neither', async () => {
  const taskId = 'invoice/4711'
  const { apiKey } = await operator.createOrganization({ body: { name: 'other' } })
  const other = createClient({ url: installation.url, credential: apiKey })
  for (const client of [other, operator]) {
    const unknown = { taskId, costUsd: null, attempts: [], outcomes: [] }
    expect(await client.getTask({ params: { taskId } })).toEqual(unknown)
    await client.reportOutcome({ body: { taskId, result: 'failure' } })
  }
  expect((await buyer.getTask({ params: { taskId } })).outcomes).toHaveLength(1)
  expect((await buyer.getOutcomeCost()).total.successes).toBe(1)
  const inference = createClient({ url: installation.url, credential: inferenceKey })
  expect(await codeOf(inference.getOutcomeCost())).toBe('permission.denied')
  const wrong = await post('/v1/outcomes', { taskId: 'two words', result: 'success' })
  expect(wrong.status).toBe(400)
})
