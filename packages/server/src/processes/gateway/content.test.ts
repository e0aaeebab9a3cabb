/** What a project lets be kept: answers that are given again, and prompts that are stored; and nothing where it says no word. */
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { contentOf } from '../../../test/gateway/content.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
let customers = 0

beforeAll(() => addModel(db, { name: 'vectors', urls: [stand.simulator.url], isEmbedding: true }))

async function newCustomer(policy?: object): Promise<Customer> {
  const customer = await addCustomer(db, { name: `Customer ${++customers}`, usd: '1' })
  if (policy) await contentOf(db, customer).setPolicy(policy)
  return customer
}

interface Sending {
  readonly body: object
  readonly path?: string
  readonly cache?: string
}

async function send(customer: Customer, { body, path = 'chat/completions', cache }: Sending) {
  const response = await fetch(`${stand.gateway.url}/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${customer.key}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      ...(cache === undefined ? {} : { 'x-spillway-cache': cache }),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, text, of: (name: string) => response.headers.get(name) }
}

/** Sends until the gateway heard of the policy, then until what it kept is there. */
const untilHit = (customer: Customer, sending: Sending) =>
  untilTrue(async () => {
    const answer = await send(customer, sending)
    return answer.of('x-spillway-cache') === 'hit' ? answer : null
  })

const steady = (more: object = {}) => told({ tokens: 4 }, { temperature: 0, ...more })

async function linesOf({ organizationId }: Customer) {
  await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
  const { rows } = await sql<{ sku: string; quantity: string; detail: unknown }>`
    SELECT e.sku, e.quantity::text, d.detail FROM usage_event e LEFT JOIN usage_detail d USING (id)
    WHERE organization_id = ${organizationId}`.execute(db)
  return rows
}

const WAYS = [
  { path: 'chat/completions', body: steady() },
  { path: 'chat/completions', body: steady({ stream: true }) },
  { path: 'messages', body: steady({ max_tokens: 20 }) },
  { path: 'responses', body: { model: MODEL, temperature: 0, input: '{"tokens":4}' } },
  { path: 'completions', body: { model: MODEL, temperature: 0, prompt: '{"tokens":4}' } },
  { path: 'embeddings', body: { model: 'vectors', input: 'a text' } },
]

test.each(WAYS)(
  'what was answered before is answered without the model, at its own price: $path, $body',
  async ({ path, body }) => {
    const customer = await newCustomer({ cache: 'on' })
    const hit = await untilHit(customer, { path, body })
    const { requests } = stand.simulator.state
    const again = await send(customer, { path, body })
    expect(stand.simulator.state.requests).toBe(requests)
    expect([again.status, again.of('x-spillway-cache')]).toEqual([200, 'hit'])
    expect(Number(again.of('x-spillway-cache-age'))).toBeGreaterThanOrEqual(0)
    expect(again.of('content-type')).toBe(hit.of('content-type'))
    const lines = await untilTrue(async () => {
      const found = await linesOf(customer)
      return found.filter(({ sku }) => sku.endsWith('.cached_response')).length === 2 ? found : null
    })
    const cached = lines.filter(({ sku }) => sku.endsWith('.cached_response'))
    for (const { quantity, detail } of cached) {
      expect(Number(quantity)).toBeGreaterThanOrEqual(11)
      expect(detail).toMatchObject({ cachedFrom: again.of('x-spillway-original-request-id') })
    }
    const { checks } = await verifyBooks(db)
    expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  },
)

test('it says the same as the model did, as a stream or in one piece, whichever is asked for', async () => {
  const customer = await newCustomer({ cache: 'on' })
  const whole = await untilHit(customer, { body: steady() })
  const streamed = await send(customer, { body: steady({ stream: true }) })
  expect(streamed.of('x-spillway-cache')).toBe('hit')
  expect(streamed.text).toContain('[DONE]')
  const fresh = await send(customer, { body: steady(), cache: 'bypass' })
  expect(fresh.of('x-spillway-cache')).toBe(null)
  const said = ({ text }: { readonly text: string }) => {
    const { choices, usage } = JSON.parse(text) as { choices: unknown; usage: unknown }
    return { choices, usage }
  }
  expect(said(whole)).toMatchObject(said(fresh))
})

test('nothing is kept without a word, of what is drawn at random, or of what went wrong', async () => {
  const silent = await newCustomer()
  const customer = await newCustomer({ cache: 'on' })
  await untilHit(customer, { body: steady({ max_tokens: 9 }) })
  const { rows: before } = await sql`SELECT id FROM cached_answer`.execute(db)
  await send(silent, { body: steady(), cache: 'use' })
  await send(customer, { body: told({ tokens: 4 }) })
  await send(customer, { body: told({ tokens: 4 }), cache: 'use' })
  await send(customer, { body: told({ tokens: 5, cutAfter: 2 }, { temperature: 0, stream: true }) })
  await send(customer, { body: told({ status: 500 }, { temperature: 0 }) })
  await untilHit(customer, { body: steady({ max_tokens: 8 }) })
  const { rows: after } = await sql`SELECT id FROM cached_answer`.execute(db)
  expect(after).toHaveLength(before.length + 1)
  const wrong = await send(customer, { body: steady(), cache: 'please' })
  expect([wrong.status, wrong.text]).toEqual([
    400,
    expect.stringContaining('invalid_cache_header') as string,
  ])
})

test('no organization and no project is answered from another\u2019s cache, and a purge leaves nothing', async () => {
  const [one, other] = [await newCustomer({ cache: 'on' }), await newCustomer({ cache: 'on' })]
  await untilHit(one, { body: steady() })
  // The first look of the other finds nothing, though word for word the same was answered.
  const first = await untilTrue(async () => {
    const answer = await send(other, { body: steady() })
    return answer.of('x-spillway-cache')
  })
  expect(first).toBe('miss')
  const state = await untilTrue(async () => {
    const found = await contentOf(db, one).cache()
    return found.hits > 0 && found.misses > 0 ? found : null
  })
  expect(state).toMatchObject({ mode: 'on', answers: 1 })
  expect(state.hitPercent).toBeGreaterThan(0)
  expect(await contentOf(db, one).purge()).toEqual({ deleted: 1 })
  expect((await send(one, { body: steady() })).of('x-spillway-cache')).toBe('miss')
})

const CANARY = 'canary-prompt-the-patient-is-called-Ada'
const SAYS = 'canary-answer-she-is-well'
const told2 = () => told({ says: `${SAYS} ${CANARY}` })

test('content is stored where the project asked for it, sealed, and read by who may', async () => {
  const customer = await newCustomer({ storedDays: 7 })
  const stranger = await newCustomer()
  const stored = await untilTrue(async () => {
    const { of } = await send(customer, { body: told2() })
    const { items } = await contentOf(db, customer).stored()
    return items.find(({ requestId }) => requestId === of('x-request-id')) ?? null
  })
  expect(stored).toMatchObject({ apiKeyId: customer.apiKeyId, model: MODEL, dialect: 'chat' })
  const content = await contentOf(db, customer).read(stored.requestId)
  expect(JSON.stringify(content.request)).toContain(CANARY)
  expect(JSON.stringify(content.answer)).toContain(SAYS)
  await expect(contentOf(db, stranger).read(stored.requestId)).rejects.toMatchObject({
    code: 'stored_content.not_found',
  })
  expect(await tablesWith('canary')).toEqual([])
  await contentOf(db, customer).setPolicy({ storedDays: null })
  const left = await contentOf(db, customer).stored()
  expect(left.items).toEqual([])
})

test('without a word of its project, a prompt is in no table, figure or log', async () => {
  const customer = await newCustomer()
  await newCustomer({ storedDays: 1, cache: 'on' })
  await send(customer, { body: told2() })
  await send(customer, { body: { ...told2(), stream: true } })
  await linesOf(customer)
  expect(await tablesWith('canary')).toEqual([])
  const { items } = await contentOf(db, customer).stored()
  expect(items).toEqual([])
  expect(JSON.stringify(stand.gateway.messages)).not.toContain('canary')
})

async function tablesWith(text: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`.execute(db)
  const found: string[] = []
  for (const { name } of rows) {
    const { rows: hits } = await sql`
      SELECT 1 FROM ${sql.table(name)} t WHERE t::text LIKE ${`%${text}%`} LIMIT 1`.execute(db)
    if (hits.length > 0) found.push(name)
  }
  return found
}
