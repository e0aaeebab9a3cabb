/** Rate limits on the path of requests: exact over several gateways, and told in every answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { type RateLimit, setRateLimit } from '#modules/rate/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { type DatabaseLine, openDatabaseLine } from '../../../test/gateway/database-line.ts'
import { type GatewayProcess, startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { postJournals } from '../../../test/gateway/posting.ts'
import { ask, makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
const gateways: GatewayProcess[] = []
let line: DatabaseLine

const PROBE = 'probe'

beforeAll(async () => {
  await addModel(db, { name: PROBE, urls: [stand.simulator.url] })
  line = await openDatabaseLine(stand.database.url)
  gateways.push(stand.gateway)
  for (let index = 0; index < 2; index++)
    gateways.push(await startGateway({ databaseUrl: line.url, folders: stand.folders }))
})
afterAll(async () => {
  for (const gateway of gateways.slice(1)) await gateway.stop()
  await line.close()
})

const quick = told({ tokens: 2 }, { max_tokens: 10 })
const slow = told({ tokens: 4, delayMs: 300 }, { max_tokens: 10, stream: true })

function send({ key }: Customer, request: object, gateway = stand.gateway): Promise<Response> {
  return ask({ url: gateway.url, key, body: request })
}

type Figures = Partial<
  Pick<RateLimit, 'requestsPerMinute' | 'tokensPerMinute' | 'concurrency' | 'model' | 'setBy'>
>

function settingOf({ organizationId }: Customer, figures: Figures) {
  return {
    ...{ organizationId, projectId: null, apiKeyId: null, model: null },
    ...{ setBy: 'organization' as const, requestsPerMinute: null, tokensPerMinute: null },
    concurrency: null,
    ...figures,
  }
}

/** A customer whose limit every gateway knows: it is set together with one that a probe shows. */
async function limited(name: string, figures: Figures): Promise<Customer> {
  const customer = await addCustomer(db, { name, usd: '10' })
  const probing = settingOf(customer, { model: PROBE, requestsPerMinute: 0 })
  const ids = idSource(Date.now)
  await inTransaction(db, async (tx) => {
    await setRateLimit(tx, probing, { now: new Date(0), ids })
    await setRateLimit(tx, settingOf(customer, figures), { now: new Date(), ids })
  })
  for (const gateway of gateways)
    await untilTrue(async () => {
      const answer = await send(customer, { ...quick, model: PROBE }, gateway)
      return answer.status === 429
    })
  return customer
}

/** Long enough before the end of a minute that a test is over by then. */
async function withinMinute(): Promise<void> {
  await untilTrue(() => Promise.resolve(Date.now() % 60_000 < 45_000), { timeoutMs: 20_000 })
}

const statusesOf = (answers: readonly Response[], status: number) =>
  answers.filter((answer) => answer.status === status)

test('three gateways together answer exactly as many requests in a minute as the limit says', async () => {
  const customer = await limited('requests', { requestsPerMinute: 30 })
  await withinMinute()
  const answers: Response[] = []
  for (let round = 0; round < 4; round++)
    answers.push(
      ...(await Promise.all(
        Array.from({ length: 30 }, (_, index) => send(customer, quick, gateways[index % 3])),
      )),
    )
  const admitted = statusesOf(answers, 200)
  expect(admitted.length).toBeLessThanOrEqual(30)
  expect(admitted.length).toBeGreaterThanOrEqual(27)
  const refused = answers.find(({ status }) => status === 429)
  const header = (name: string) => refused?.headers.get(name)
  expect(Number(header('retry-after'))).toBeGreaterThan(0)
  expect(Number(header('retry-after-ms'))).toBeLessThanOrEqual(60_000)
  expect(header('x-ratelimit-limit-requests')).toBe('30')
  expect(await refused?.json()).toMatchObject({
    error: { type: 'requests', code: 'rate_limit_exceeded' },
  })
}, 90_000)

test('each answer says truthfully what is left, and when the minute is over', async () => {
  const customer = await limited('headers', { requestsPerMinute: 100, tokensPerMinute: 100_000 })
  await withinMinute()
  const seen: number[] = []
  const tokens: number[] = []
  for (let round = 0; round < 5; round++) {
    const answer = await send(customer, quick)
    expect(answer.status).toBe(200)
    await answer.text()
    seen.push(Number(answer.headers.get('x-ratelimit-remaining-requests')))
    tokens.push(Number(answer.headers.get('x-ratelimit-remaining-tokens')))
    expect(answer.headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+m)?[\d.]+(ms|s)$/)
  }
  expect(seen).toEqual([99, 98, 97, 96, 95])
  // Eleven tokens of input and two of output each; the answer that is told of holds its worst case yet.
  expect(tokens.slice(1).map((left, index) => (tokens[index] ?? 0) - left)).toEqual([
    13, 13, 13, 13,
  ])
  const anthropic = await fetch(`${stand.gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': customer.key, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: MODEL,
      max_tokens: 5,
      messages: [{ role: 'user', content: 'x' }],
    }),
  })
  expect(anthropic.headers.get('anthropic-ratelimit-requests-remaining')).toBe('94')
  const reset = Date.parse(anthropic.headers.get('anthropic-ratelimit-tokens-reset') ?? '')
  expect(reset % 60_000).toBe(0)
}, 90_000)

test('no more requests run at once than the limit says, over three gateways, and slots come back', async () => {
  const customer = await limited('at once', { concurrency: 5 })
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => send(customer, slow, gateways[index % 3])),
  )
  const admitted = statusesOf(answers, 200)
  expect(admitted).toHaveLength(5)
  expect(statusesOf(answers, 429)).toHaveLength(55)
  await Promise.all(admitted.map((answer) => answer.text()))
  // Another gateway has them as soon as the first was idle for a moment.
  for (const gateway of gateways)
    await untilTrue(async () => (await send(customer, quick, gateway)).status === 200)
}, 90_000)

test('the slots of a gateway that died come back', async () => {
  const customer = await limited('dead', { concurrency: 1 })
  const gateway = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
  const held = await send(customer, told({ tokens: 500, delayMs: 100 }, { stream: true }), gateway)
  expect(held.status).toBe(200)
  expect((await send(customer, quick)).status).toBe(429)
  await gateway.kill()
  await held.text().catch(() => undefined)
  const isWriterAlive = (writer: string) => gateways.some((each) => each.writer === writer)
  await postJournals({ db, folders: stand.folders, isWriterAlive })
  await untilTrue(async () => (await send(customer, quick)).status === 200)
}, 90_000)

test('tokens are counted before: what could pass the limit is refused, and what was not used is free again', async () => {
  const most = Buffer.byteLength(JSON.stringify(quick)) + 256 + 10
  const customer = await limited('tokens', { tokensPerMinute: most + 5 })
  await withinMinute()
  const first = await send(customer, quick)
  expect(first.status).toBe(200)
  await first.text()
  // Thirteen of them were used: what is left is less than another one could take.
  const second = await send(customer, quick)
  expect(second.status).toBe(429)
  expect(await second.json()).toMatchObject({ error: { type: 'tokens' } })
  const large = await send(customer, { ...quick, max_tokens: 900 })
  expect(large.status).toBe(429)
  expect(large.headers.get('x-should-retry')).toBe('false')
}, 90_000)

test('with the database away nothing is admitted beyond what was leased of the minute', async () => {
  const customer = await limited('away', { requestsPerMinute: 200 })
  const [, gateway] = gateways
  if (gateway === undefined) throw new Error('there is a second gateway')
  await withinMinute()
  expect((await send(customer, quick, gateway)).status).toBe(200)
  line.cut()
  const seen: number[] = []
  await untilTrue(async () => {
    seen.push((await send(customer, quick, gateway)).status)
    return seen.at(-1) === 503
  })
  expect(seen.length).toBeLessThan(20)
  line.mend()
  await untilTrue(async () => (await send(customer, quick, gateway)).status === 200)
}, 90_000)
