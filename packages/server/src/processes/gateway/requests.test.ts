/** The request log through a real gateway: each request has its line, whatever became of it, and money never waits for one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoggedRequest } from '@spillway/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { picos, renderMoney } from '#kernel/money.ts'
import { requestRoutes } from '#modules/request/index.ts'
import { startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { ask, makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
const PROMPT = 'CANARY-PROMPT-c0ffee'
const ANSWER = 'CANARY-ANSWER'

interface Sending {
  readonly behaviour?: Parameters<typeof told>[0]
  readonly more?: object
  readonly key?: string
  readonly url?: string
  readonly signal?: AbortSignal
}

const send = ({ behaviour = {}, more = {}, key, url, signal }: Sending = {}) =>
  ask({
    ...{ url: url ?? stand.gateway.url, key: key ?? stand.customer.key },
    body: told(behaviour, more),
    ...(signal ? { signal } : {}),
  })

const post = (isWriterAlive: (writer: string) => boolean = () => true) =>
  postJournals({ db, folders: stand.folders, isWriterAlive })

const isOnDisk = (text: string) =>
  readdirSync(stand.folders.journalDirectory).some((file) =>
    readFileSync(join(stand.folders.journalDirectory, file), 'utf8').includes(text),
  )

const principalOf = ({ organizationId, projectId }: Customer, role: 'member' | 'operator') => ({
  ...{ organizationId, projectId, role },
})

async function list(
  customer: Customer,
  query: object = {},
  role: 'member' | 'operator' = 'member',
) {
  const { listRequests } = requestRoutes(db)
  const call = {
    ...{ db, principal: principalOf(customer, role), now: new Date() },
    query: { limit: 100, ...query },
  }
  return listRequests(call as unknown as Parameters<typeof listRequests>[0])
}

/** The line of an answer, once it is there. */
async function lineOf(response: Response, customer = stand.customer): Promise<LoggedRequest> {
  const id = response.headers.get('x-request-id') ?? ''
  const find = async () => (await list(customer, { id })).items[0]
  await untilTrue(async () => {
    await post()
    return (await find()) !== undefined
  })
  return (await find()) as LoggedRequest
}

beforeAll(async () => {
  await addModel(db, { name: 'nobody', urls: [] })
})

describe('a line says', () => {
  test.each([true, false])(
    'what was used, what it cost and who answered; streamed: %s',
    async (stream) => {
      const response = await send({
        behaviour: { tokens: 1, says: ANSWER },
        more: { stream, user: 'ada', metadata: { canary: PROMPT } },
      })
      const text = await response.text()
      expect(text).toContain('CANARY')
      const line = await lineOf(response)
      expect(line).toMatchObject({
        ...{ apiKeyId: stand.customer.apiKeyId, projectId: stand.customer.projectId },
        ...{ endUser: 'ada', dialect: 'chat', isStream: stream, modelAsked: MODEL, model: MODEL },
        ...{
          outcome: 'answered',
          status: 200,
          errorCode: null,
          isCached: false,
          routeVersion: null,
        },
        tries: [{ provider: 'own', reason: 'only_one', outcome: 'answered', model: MODEL }],
      })
      const { input, output } = line.tokens
      expect(line.costUsd).toBe(renderMoney(picos(BigInt(input * 1e6 + output * 2e6))))
      expect(line.firstOutputMs === null).toBe(!stream)
      expect(JSON.stringify(line)).not.toContain('CANARY')
    },
  )

  test('that it was answered again with what was kept, and cost nothing', async () => {
    const headers = { 'idempotency-key': 'the-same-key' }
    const asking = { url: stand.gateway.url, key: stand.customer.key, body: told({}), headers }
    await (await ask(asking)).text()
    const again = await ask(asking)
    await again.text()
    expect(await lineOf(again)).toMatchObject({
      ...{ outcome: 'answered', status: 200, isCached: true, costUsd: '0', tries: [] },
    })
  })

  test.each([
    ['an unknown model', { more: { model: 'none' } }, 404, 'model_not_found', 'none'],
    [
      'a body that makes no sense',
      { more: { max_tokens: -1 } },
      400,
      'integer_below_min_value',
      null,
    ],
    ['a model without a server', { more: { model: 'nobody' } }, 503, 'model_not_ready', 'nobody'],
    ['what its server blames', { behaviour: { status: 400 } }, 400, 'invalid_request_error', MODEL],
  ])('why %s was refused', async (_, sending, status, errorCode, modelAsked) => {
    const response = await send(sending)
    expect(response.status).toBe(status)
    await response.text()
    expect(await lineOf(response)).toMatchObject({
      ...{ outcome: 'refused', status, errorCode, modelAsked, costUsd: '0' },
      tokens: { input: 0, output: 0 },
    })
  })

  test('that a budget, a balance or a rate was in the way', async () => {
    const poor = await addCustomer(db, { name: 'Poor', usd: '0' })
    const response = await send({ key: poor.key })
    expect(response.status).toBe(429)
    expect(await lineOf(response, poor)).toMatchObject({
      ...{ outcome: 'refused', status: 429, errorCode: 'insufficient_quota' },
    })
  })

  test('that servers failed, that one broke off, and that the client left', async () => {
    const failed = await send({ behaviour: { status: 500 } })
    expect(failed.status).toBe(502)
    const failedLine = await lineOf(failed)
    expect(failedLine).toMatchObject({ outcome: 'failed', errorCode: 'upstream_error' })
    expect(failedLine.tries[0]).toMatchObject({ outcome: 'failed', status: 500 })
    const broken = await send({
      behaviour: { tokens: 9, cutAfter: 4, delayMs: 5 },
      more: { stream: true },
    })
    await broken.text()
    const brokenLine = await lineOf(broken)
    expect(brokenLine).toMatchObject({ outcome: 'broken', status: 200 })
    expect(brokenLine.tokens.output).toBeGreaterThan(0)
    const leaving = new AbortController()
    const behaviour = { tokens: 50, pauseAfter: 2, pauseMs: 60_000 }
    const left = await send({ behaviour, more: { stream: true }, signal: leaving.signal })
    await left.body?.getReader().read()
    leaving.abort()
    expect(await lineOf(left)).toMatchObject({ outcome: 'gone', status: 200 })
  })
})

test('of a flood of refusals a bounded part has lines, the others are counted, and another project has its own', async () => {
  const [noisy, quiet] = [
    await addCustomer(db, { name: 'Noisy', usd: '1' }),
    await addCustomer(db, { name: 'Quiet', usd: '1' }),
  ]
  const refuse = async ({ key }: Customer) => {
    const response = await send({ key, more: { model: 'none' } })
    await response.text()
    return response
  }
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 20 }, () => refuse(noisy)))
  const one = await refuse(quiet)
  await lineOf(one, quiet)
  const count = async () => {
    const { items, omitted } = await list(noisy, { limit: 1000 })
    return { lines: items.length, omitted }
  }
  await untilTrue(async () => {
    const { lines, omitted } = await count()
    return lines + omitted === 400
  })
  const { omitted } = await count()
  expect(omitted).toBeGreaterThan(0)
  expect((await list(quiet)).items.map(({ errorCode }) => errorCode)).toEqual(['model_not_found'])
})

test('a project sees its own requests alone, whatever it asks for; the operator sees all', async () => {
  const other = await addCustomer(db, { name: 'Other', usd: '1' })
  const response = await send({ key: other.key })
  await response.text()
  const { id, organizationId } = await lineOf(response, other)
  expect((await list(stand.customer, { id })).items).toEqual([])
  await expect(list(stand.customer, { organizationId })).rejects.toMatchObject({
    code: 'organization.not_found',
  })
  expect((await list(stand.customer, { organizationId, id }, 'operator')).items).toHaveLength(1)
})

test('a request that its gateway was killed amid is charged and has its line, once', async () => {
  const other = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
  const customer = await addCustomer(db, { name: 'Cut', usd: '1' })
  const behaviour = { tokens: 50, pauseAfter: 5, pauseMs: 60_000 }
  const response = await send({
    behaviour,
    more: { stream: true },
    key: customer.key,
    url: other.url,
  })
  await response.body?.getReader().read()
  await untilTrue(() => isOnDisk(customer.organizationId))
  await other.kill()
  const find = async () => (await list(customer)).items
  await untilTrue(async () => {
    await post((writer) => writer !== other.writer)
    return (await find()).length > 0
  })
  expect(await find()).toMatchObject([{ outcome: 'interrupted', status: 200 }])
  expect((await find())[0]?.tokens.input).toBeGreaterThan(0)
  expect((await verifyBooks(db)).isBalanced).toBe(true)
})
