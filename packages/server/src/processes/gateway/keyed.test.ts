/** A request under an Idempotency-Key: run once, charged once, and answered the same, whoever dies or leaves meanwhile. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayProcess, startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
const PROMPT_TOKENS = 11
const FOREVER_MS = 60_000
let second: GatewayProcess
let customers = 0
let keys = 0

const newCustomer = () => addCustomer(db, { name: `Customer ${++customers}`, usd: '1' })
const newKey = () => `key-${++keys}`
const post = (isWriterAlive: (writer: string) => boolean = () => true) =>
  postJournals({ db, folders: stand.folders, isWriterAlive })

beforeAll(async () => {
  await addModel(db, { name: 'vectors', urls: [stand.simulator.url], isEmbedding: true })
  second = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
})
afterAll(() => second.stop())

interface Sending {
  readonly customer: Customer
  readonly key: string
  readonly body: object
  readonly path?: string
  readonly at?: GatewayProcess
  readonly signal?: AbortSignal
}

function send({ customer, key, body, path, at, signal }: Sending): Promise<Response> {
  return fetch(`${(at ?? stand.gateway).url}/v1/${path ?? 'chat/completions'}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${customer.key}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}

async function untilCharged({ organizationId }: Customer) {
  return untilTrue(async () => {
    await post()
    const charged = await chargedOf(db, organizationId)
    return charged.events > 0 ? charged : null
  })
}

const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code

const TOLD = { ...told({ tokens: 3 }), max_tokens: 20 }
const WAYS = [
  { path: 'chat/completions', body: TOLD },
  { path: 'chat/completions', body: { ...TOLD, stream: true } },
  { path: 'messages', body: { ...TOLD, stream: true } },
  { path: 'responses', body: { model: MODEL, input: JSON.stringify({ tokens: 3 }) } },
  { path: 'completions', body: { model: MODEL, prompt: JSON.stringify({ tokens: 3 }) } },
  { path: 'embeddings', body: { model: 'vectors', input: 'a text' } },
]

test.each(WAYS)(
  'a repetition gets the same answer, is not run and not charged: $path, $body',
  async ({ path, body }) => {
    const customer = await newCustomer()
    const key = newKey()
    const { requests } = stand.simulator.state
    const first = await send({ customer, key, body, path })
    const said = await first.text()
    expect(first.status, said).toBe(200)
    expect(first.headers.get('x-spillway-idempotent-replayed')).toBe(null)
    for (const at of [stand.gateway, second]) {
      const again = await send({ customer, key, body, path, at })
      expect(await again.text()).toBe(said)
      expect(again.headers.get('x-spillway-idempotent-replayed')).toBe('true')
      expect(again.headers.get('x-spillway-original-request-id')).toBe(
        first.headers.get('x-request-id'),
      )
      for (const name of ['content-type', 'x-spillway-target'])
        expect(again.headers.get(name)).toBe(first.headers.get(name))
    }
    expect(stand.simulator.state.requests).toBe(requests + 1)
    expect(await untilCharged(customer)).toMatchObject({ events: 1 })
  },
)

test('of many at once over two gateways one runs, the others are told to come back, and then get its answer', async () => {
  const customer = await newCustomer()
  const asked = { customer, key: newKey(), body: told({ tokens: 2, isGated: true }) }
  const { gated } = stand.simulator.state
  let refused = 0
  const all = Array.from({ length: 20 }, async (_, turn) => {
    const at = turn % 2 === 0 ? stand.gateway : second
    const response = await send({ ...asked, at })
    if (response.status !== 409) return response.text()
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await codeOf(response)).toBe('idempotency_key_in_use')
    refused += 1
    return untilTrue(async () => {
      const again = await send({ ...asked, at })
      return again.status === 200 ? again.text() : null
    })
  })
  await untilTrue(() => stand.simulator.state.gated === gated + 1 && refused === 19)
  stand.simulator.openGate()
  expect(new Set(await Promise.all(all)).size).toBe(1)
  expect(await untilCharged(customer)).toEqual({ events: 1, input: PROMPT_TOKENS, output: 2 })
})

test('a key is of one request and of one principal', async () => {
  const [customer, other] = [await newCustomer(), await newCustomer()]
  const key = newKey()
  await (await send({ customer, key, body: TOLD })).text()
  const reused = await send({ customer, key, body: { ...TOLD, max_tokens: 21 } })
  expect(reused.status).toBe(422)
  expect(await codeOf(reused)).toBe('idempotency_key_reused')
  const elsewhere = await send({ customer, key, body: TOLD, path: 'messages' })
  expect([elsewhere.status, await elsewhere.json()]).toMatchObject([
    422,
    { type: 'error', error: { type: 'invalid_request_error' } },
  ])
  const theirs = await send({ customer: other, key, body: TOLD })
  expect(theirs.headers.get('x-spillway-idempotent-replayed')).toBe(null)
  expect(theirs.status).toBe(200)
  const long = await send({ customer, key: 'x'.repeat(201), body: TOLD })
  expect(long.status).toBe(400)
  expect(await codeOf(long)).toBe('invalid_idempotency_key')
})

test.each([true, false])(
  'an answer whose client left is made to its end, and a repetition gets it; streamed: %s',
  async (stream) => {
    const customer = await newCustomer()
    const key = newKey()
    const body = told({ tokens: 20, delayMs: 10 }, { stream })
    const { requests, aborted } = stand.simulator.state
    const leaving = new AbortController()
    const asking = send({ customer, key, body, signal: leaving.signal })
    await untilTrue(() => stand.simulator.state.requests > requests)
    if (stream) await (await asking).body?.getReader().read()
    leaving.abort()
    await asking.catch(() => 'left')
    const again = await untilTrue(async () => {
      const response = await send({ customer, key, body })
      return response.status === 200 ? response.text() : null
    })
    if (stream) expect(again).toContain('[DONE]')
    expect(stand.simulator.state).toMatchObject({ requests: requests + 1, aborted })
    expect(await untilCharged(customer)).toEqual({ events: 1, input: PROMPT_TOKENS, output: 20 })
  },
)

test('what failed before it was charged leaves the key free, and what broke off after is never run again', async () => {
  const customer = await newCustomer()
  const failed = { customer, key: newKey(), body: told({ tokens: 2, status: 500 }) }
  for (const round of [1, 2]) {
    const { requests } = stand.simulator.state
    expect((await send(failed)).status, String(round)).toBe(502)
    expect(stand.simulator.state.requests).toBeGreaterThan(requests)
  }
  expect((await send({ ...failed, body: TOLD })).status).toBe(200)
  const broken = {
    customer,
    key: newKey(),
    body: told({ tokens: 9, cutAfter: 4, delayMs: 5 }, { stream: true }),
  }
  expect(await (await send(broken)).text()).toContain('upstream_error')
  const { requests } = stand.simulator.state
  const again = await send(broken)
  expect([again.status, again.headers.get('x-should-retry')]).toEqual([409, 'false'])
  expect(await codeOf(again)).toBe('idempotency_key_spent')
  expect(stand.simulator.state.requests).toBe(requests)
})

/** Whether something of a customer's request is in the journal of a gateway. */
function isJournalled({ organizationId }: Customer, { writer }: GatewayProcess): boolean {
  const directory = stand.folders.journalDirectory
  return readdirSync(directory)
    .filter((file) => file.startsWith(writer))
    .some((file) => readFileSync(join(directory, file), 'latin1').includes(organizationId))
}

test('a gateway that is killed leaves a key free before any output, and spent after, never charged twice', async () => {
  const [early, late] = [await newCustomer(), await newCustomer()]
  const at = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
  const silent = (customer: Customer, pauseAfter: number) => {
    const body = told({ tokens: 5, pauseAfter, pauseMs: FOREVER_MS }, { stream: true })
    return { customer, key: newKey(), body }
  }
  const [free, spent] = [silent(early, 0), silent(late, 3)]
  const { requests } = stand.simulator.state
  const asking = [free, spent].map((each) => send({ ...each, at }).catch(() => 'killed'))
  await untilTrue(() => stand.simulator.state.requests === requests + 2)
  await untilTrue(() => isJournalled(late, at))
  await at.kill()
  await Promise.all(asking)
  for (const each of [free, spent]) expect((await send(each)).status).toBe(409)
  await post((writer) => writer !== at.writer)
  const { rows } = await sql`SELECT 1 FROM keyed_call WHERE writer = ${at.writer}`.execute(db)
  expect(rows).toHaveLength(1)
  const after = await send(spent)
  expect([after.status, await codeOf(after)]).toEqual([409, 'idempotency_key_spent'])
  expect(await untilCharged(late)).toMatchObject({ events: 1, input: PROMPT_TOKENS })
  expect(await chargedOf(db, early.organizationId)).toMatchObject({ events: 0 })
  const { checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
})

test('neither the key nor the answer can be read from the database', async () => {
  const customer = await newCustomer()
  const says = 'canary-answer-the-patient-is-called-Ada'
  const key = 'canary-key-of-the-patient'
  const body = told({ says })
  expect(await (await send({ customer, key, body })).text()).toContain(says)
  const { rows } = await sql<{ row: string }>`SELECT k::text AS row FROM keyed_call k`.execute(db)
  expect(rows.length).toBeGreaterThan(0)
  for (const { row } of rows) expect(row).not.toMatch(/canary/)
  expect(await (await send({ customer, key, body, at: second })).text()).toContain(says)
})
