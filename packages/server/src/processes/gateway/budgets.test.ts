/** Budgets on the path of requests: no crowd and no number of gateways spends more than there is. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { money, type Money } from '#kernel/money.ts'
import { setKnownBudget } from '../../../test/gateway/budgets.ts'
import { type DatabaseLine, openDatabaseLine } from '../../../test/gateway/database-line.ts'
import { type GatewayProcess, startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, type Customer } from '../../../test/gateway/installation.ts'
import { addKey, rotateKey } from '../../../test/gateway/keys.ts'
import { postJournals } from '../../../test/gateway/posting.ts'
import { ask, makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
const replicas: GatewayProcess[] = []
let line: DatabaseLine

beforeAll(async () => {
  line = await openDatabaseLine(stand.database.url)
  for (let index = 0; index < 2; index++)
    replicas.push(await startGateway({ databaseUrl: line.url, folders: stand.folders }))
})
afterAll(async () => {
  for (const replica of replicas) await replica.stop()
  await line.close()
})

const quick = told({ tokens: 2 }, { max_tokens: 10 })
const slow = told({ tokens: 4, delayMs: 300 }, { max_tokens: 10, stream: true })

function send(key: string, request: object, gateway = stand.gateway): Promise<Response> {
  return ask({ url: gateway.url, key, body: request })
}

/** What so many requests like this one could cost at most: each price is rounded up, hence the half. */
function worstOf(request: object, count: number): Money {
  const tokens = Buffer.byteLength(JSON.stringify(request)) + 256 + 2 * 10
  return money(((tokens * (count + 0.5)) / 1_000_000).toFixed(12))
}

function probesOf({ key }: Customer, gateways: readonly GatewayProcess[]) {
  return gateways.map((gateway) => () => send(key, quick, gateway))
}

async function spentOf(budgetId: string): Promise<{ leased: Money; spent: Money }> {
  const row = await db
    .selectFrom('budget_period')
    .selectAll()
    .where('budget_id', '=', budgetId)
    .executeTakeFirstOrThrow()
  return { leased: money(row.leased), spent: money(row.spent) }
}

const isWriterAlive = (writer: string) =>
  [stand.gateway, ...replicas].some((each) => each.writer === writer)

test('of two hundred calls at once on a budget for ten, over three gateways, at most ten are admitted', async () => {
  // given
  const customer = await addCustomer(db, { name: 'crowd', usd: '10' })
  const gateways = [stand.gateway, ...replicas]
  const amount = worstOf(slow, 10)
  const probes = probesOf(customer, gateways)
  const budget = await setKnownBudget(db, customer, { amount, period: 'total', probes })
  // when
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => send(customer.key, slow, gateways[index % 3])),
  )
  // then
  const admitted = answers.filter(({ status }) => status === 200)
  expect(admitted.length).toBeGreaterThan(0)
  expect(admitted.length).toBeLessThanOrEqual(10)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(200 - admitted.length)
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.headers.get('x-should-retry')).toBe('false')
  expect(refused?.headers.get('x-spillway-budget')).toBe(budget.id)
  expect(await refused?.json()).toMatchObject({
    error: { type: 'insufficient_quota', code: 'budget_exceeded' },
  })
  const { leased, spent } = await spentOf(budget.id)
  expect(leased + spent).toBeLessThanOrEqual(amount)
  await Promise.all(admitted.map((answer) => answer.text()))
}, 60_000)

test('one gateway admits exactly ten of a budget for ten, and what they did not use serves others', async () => {
  // given
  const customer = await addCustomer(db, { name: 'one', usd: '10' })
  const probes = probesOf(customer, [stand.gateway])
  await setKnownBudget(db, customer, { amount: worstOf(slow, 10), period: 'day', probes })
  // when
  const answers = await Promise.all(Array.from({ length: 200 }, () => send(customer.key, slow)))
  // then
  const admitted = answers.filter(({ status }) => status === 200)
  expect(admitted).toHaveLength(10)
  await Promise.all(admitted.map((answer) => answer.text()))
  await untilTrue(async () => (await send(customer.key, quick)).status === 200)
}, 60_000)

test('a budget of a key holds for that key and those that take its place, and for none other', async () => {
  const customer = await addCustomer(db, { name: 'keyed', usd: '10' })
  const other = await addKey(db, customer, {})
  const probes = probesOf(customer, [stand.gateway])
  const { apiKeyId } = customer
  await setKnownBudget(db, customer, { amount: money('0.000001'), apiKeyId, probes })
  expect((await send(customer.key, quick)).status).toBe(429)
  expect((await send(other.key, quick)).status).toBe(200)
  const next = await rotateKey(db, customer)
  expect((await send(next, quick)).status).toBe(429)
})

test('the first requests of an end user that nobody knew, at once, share its default budget', async () => {
  // given
  const customer = await addCustomer(db, { name: 'users', usd: '10' })
  const of = (user: string) => ({ ...slow, user })
  const probes = probesOf(customer, [stand.gateway])
  const amount = worstOf(of('bob'), 3)
  const budget = await setKnownBudget(db, customer, { amount, endUser: '*', probes })
  // when
  const answers = await Promise.all(Array.from({ length: 40 }, () => send(customer.key, of('bob'))))
  const unnamed = await Promise.all(Array.from({ length: 10 }, () => send(customer.key, slow)))
  // then
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  expect((await send(customer.key, of('eve'))).status).toBe(200)
  expect(unnamed.filter(({ status }) => status === 200)).toHaveLength(3)
  await Promise.all([...answers, ...unnamed].map((answer) => answer.text()))
  const named = await fetch(`${stand.gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': customer.key, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model: MODEL, max_tokens: 900, metadata: { user_id: 'zoe' } },
      messages: [{ role: 'user', content: 'x' }],
    }),
  })
  expect(named.status).toBe(429)
  expect(named.headers.get('x-spillway-budget')).toBe(budget.id)
}, 60_000)

test('what was used is entered once, by the journal, and the rest comes back when the gateway ends or dies', async () => {
  // given
  const customer = await addCustomer(db, { name: 'entered', usd: '10' })
  const gateway = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
  const probes = probesOf(customer, [gateway])
  const budget = await setKnownBudget(db, customer, { amount: money('1'), probes })
  for (let round = 0; round < 5; round++)
    expect((await send(customer.key, quick, gateway)).status).toBe(200)
  // when
  await gateway.kill()
  for (let round = 0; round < 2; round++)
    await postJournals({ db, folders: stand.folders, isWriterAlive })
  // then: 11 tokens of input at 1 USD and 2 of output at 2 USD a million, and two picos of rounding each
  const { leased, spent } = await spentOf(budget.id)
  expect(leased).toBe(0n)
  expect(spent).toBe(5n * (15_000_000n + 2n))
})

test('with the database away a budget is not passed: what is leased goes on, then nothing', async () => {
  // given
  const customer = await addCustomer(db, { name: 'away', usd: '10' })
  const [gateway] = replicas
  if (gateway === undefined) throw new Error('there is a replica')
  const probes = probesOf(customer, [gateway])
  const amount = worstOf(quick, 100)
  const budget = await setKnownBudget(db, customer, { amount, probes })
  expect((await send(customer.key, quick, gateway)).status).toBe(200)
  // when
  line.cut()
  const seen: number[] = []
  await untilTrue(async () => {
    seen.push((await send(customer.key, quick, gateway)).status)
    return seen.at(-1) === 503
  })
  // then
  expect(new Set(seen)).toEqual(new Set(seen.length > 1 ? [200, 503] : [503]))
  const { leased } = await spentOf(budget.id)
  expect(leased).toBeLessThan(amount)
  line.mend()
  await untilTrue(async () => (await send(customer.key, quick, gateway)).status === 200)
}, 60_000)
