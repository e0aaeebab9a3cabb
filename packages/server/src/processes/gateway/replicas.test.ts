/** Several gateways on one database: together they give no more than one would, and one that dies takes nothing with it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '#platform/db/database.ts'
import { type DatabaseLine, openDatabaseLine } from '../../../test/gateway/database-line.ts'
import {
  type GatewayFolders,
  type GatewayProcess,
  makeFolders,
  startGateway,
} from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { stormGateways } from '../../../test/gateway/kill-storm.ts'
import { chargedOf, getBalance, postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { ask, MODEL, told } from '../../../test/gateway/stand.ts'
import {
  startUpstreamSimulator,
  type UpstreamSimulator,
} from '../../../test/gateway/upstream-simulator.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'

const { db, url: databaseUrl } = await cloneDatabase()
let folders: GatewayFolders
let simulator: UpstreamSimulator
let line: DatabaseLine
let replicas: readonly GatewayProcess[]

beforeAll(async () => {
  folders = makeFolders()
  simulator = await startUpstreamSimulator()
  await addModel(db, { name: MODEL, urls: [simulator.url] })
  line = await openDatabaseLine(databaseUrl)
  replicas = await Promise.all(
    [1, 2, 3].map(() => startGateway({ databaseUrl: line.url, folders })),
  )
})
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()))
  await line.close()
  await simulator.close()
  folders.remove()
})

/** Calls go to the replicas in turn. */
function send(turn: number, key: string, body: unknown): Promise<Response> {
  return ask({ url: replicas[turn % replicas.length]?.url ?? '', key, body })
}

const newCustomer = (name: string, usd = '10') => addCustomer(db, { name, usd })
const post = () => postJournals({ db, folders, isWriterAlive: () => true })

test('T5: of 200 requests at once over three replicas on a balance for few, only those that can pay are served', async () => {
  // given a worst case of the whole context in and 100 out: a little more than 0.0012 USD
  const customer = await newCustomer('Few', '0.012')
  const body = told({ tokens: 100, isGated: true }, { max_tokens: 100, padding: 'x'.repeat(1000) })
  let refused = 0
  const before = simulator.state.gated
  // when none of them can end before all were decided
  const outcomes = Array.from({ length: 200 }, async (_, turn) => {
    const response = await send(turn, customer.key, body)
    await response.text()
    if (response.status === 429) refused += 1
    return response.status
  })
  await untilTrue(() => simulator.state.gated - before + refused === 200)
  simulator.openGate()
  // then
  const statuses = await Promise.all(outcomes)
  const served = statuses.filter((status) => status === 200).length
  expect(served).toBeGreaterThan(0)
  expect(served).toBeLessThanOrEqual(9)
  expect(statuses.filter((status) => status === 429)).toHaveLength(200 - served)
  await post()
  expect(await chargedOf(db, customer.organizationId)).toMatchObject({ events: served })
  expect((await getBalance(db, customer.organizationId)).posted).toBeGreaterThanOrEqual(0n)
})

test('T7: replicas that record for the same customers, posted by two servers at once, lose and double nothing', async () => {
  const customers = await Promise.all(['One', 'Two', 'Three'].map((name) => newCustomer(name)))
  const asked = Array.from({ length: 90 }, async (_, turn) => {
    // Every replica serves every customer, each in another order.
    const customer = customers[(turn + Math.floor(turn / 3)) % 3] as Customer
    // One that is told to try again tries again: it was not charged.
    await untilTrue(
      async () => (await send(turn, customer.key, told({ tokens: 2 }))).status === 200,
    )
  })
  const posting = Array.from({ length: 5 }, () => Promise.all([post(), post()]))
  await Promise.all([...asked, ...posting])
  await Promise.all([post(), post()])
  for (const { organizationId } of customers)
    expect(await chargedOf(db, organizationId)).toMatchObject({ events: 30, output: 60 })
  const { checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
})

test('T10: a key that is revoked is refused by every replica, also one that was just used there', async () => {
  const leaver = await newCustomer('Leaver')
  for (const turn of [0, 1, 2])
    expect((await send(turn, leaver.key, told({ tokens: 1 }))).status).toBe(200)
  await inTransaction(db, (tx) =>
    tx
      .updateTable('api_key')
      .set({ revoked_at: new Date() })
      .where('id', '=', leaver.apiKeyId)
      .execute(),
  )
  for (const turn of [0, 1, 2])
    await untilTrue(async () => (await send(turn, leaver.key, told({ tokens: 1 }))).status === 401)
})

test('T5, T6: with the ledger away every replica serves what it holds, fails closed beyond it, and says so; nobody is told 401', async () => {
  // given one with money held at every replica, one who is known but holds nothing, one whom nobody knows
  const holding = await newCustomer('Holding')
  const known = await newCustomer('Known')
  const unknown = await newCustomer('Unknown')
  // Three times each: an answer that news of another key overtakes is not remembered.
  for (const turn of [0, 1, 2, 0, 1, 2, 0, 1, 2]) {
    expect((await send(turn, holding.key, told({ tokens: 1 }))).status).toBe(200)
    expect((await send(turn, known.key, { model: 'no-such-model', messages: [] })).status).toBe(400)
  }
  const before = await simulatedRequests()
  // when
  line.cut()
  // then
  for (const turn of [0, 1, 2]) {
    for (const { key } of [known, unknown]) {
      const refused = await untilTrue(async () => {
        const response = await send(turn, key, told({ tokens: 1 }))
        return response.status === 503 ? response : null
      })
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    }
    expect((await send(turn, holding.key, told({ tokens: 1 }))).status).toBe(200)
    await untilTrue(() =>
      replicas[turn]?.messages.some(({ text = '' }) =>
        /spillway_gateway_failures_total\{part="hold"\} [1-9]/.test(text),
      ),
    )
  }
  expect((await simulatedRequests()) - before).toBe(3)
  // and when it is back, everything works by itself
  line.mend()
  for (const turn of [0, 1, 2])
    for (const { key } of [known, unknown, holding])
      await untilTrue(async () => (await send(turn, key, told({ tokens: 1 }))).status === 200)
  await post()
  expect(await chargedOf(db, holding.organizationId)).toMatchObject({ events: 15, output: 15 })
})

const simulatedRequests = () => Promise.resolve(simulator.state.requests)

test('T6: a gateway that starts while the database is away answers 503, never 401, and serves once it is there', async () => {
  const { key } = await newCustomer('Early')
  line.cut()
  const late = await startGateway({ databaseUrl: line.url, folders })
  const asked = () => ask({ url: late.url, key, body: told({ tokens: 1 }) })
  const refused = await asked()
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
  line.mend()
  await untilTrue(async () => {
    const { status } = await asked()
    expect(status).not.toBe(401)
    return status === 200
  })
  await late.stop()
})

test('T3: three replicas on one port, one killed each second under load: nothing lost, doubled or overspent', async () => {
  const storm = { replicas: 3, durationMs: 10_000, killEveryMs: 1000, callers: 9 }
  const stormFolders = makeFolders()
  const outcome = await stormGateways({ db, databaseUrl, folders: stormFolders, ...storm })
  stormFolders.remove()
  expect(outcome).toMatchObject({ lost: 0, doubled: 0, overspent: 0n, brokenChecks: [] })
  expect(outcome.kills).toBeGreaterThan(2)
  expect(outcome.complete).toBeGreaterThan(0)
}, 120_000)
