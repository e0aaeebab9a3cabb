/** What a client that leaves, a gateway that ends, and a path nobody thought of may cost: T2, T3 and T13 of the guarantees. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type GatewayProcess, startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, getBalance, postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { ask, makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database
const PROMPT_TOKENS = 11
const FOREVER_MS = 60_000
let customers = 0
const newCustomer = () => addCustomer(db, { name: `Customer ${++customers}`, usd: '1' })
const post = (isWriterAlive: (writer: string) => boolean = () => true) =>
  postJournals({ db, folders: stand.folders, isWriterAlive })

/** Three words in a stream whose server falls silent after so many chunks: a role, the words, an end. */
const silentAfter = (chunks: number) =>
  told({ tokens: 3, pauseAfter: chunks, pauseMs: FOREVER_MS }, { stream: true })

/** Reads so many events, and leaves the rest. */
async function readSome(response: Response, events: number): Promise<string> {
  const reader = response.body?.getReader()
  let text = ''
  while ((text.match(/\n\n/g)?.length ?? 0) < events) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    text += Buffer.from(value ?? []).toString()
  }
  return text
}

test.each([
  { when: 'before the first chunk', chunks: 0, want: { events: 0, input: 0, output: 0 } },
  { when: 'after one word', chunks: 2, want: { events: 1, input: PROMPT_TOKENS, output: 1 } },
  { when: 'after some words', chunks: 3, want: { events: 1, input: PROMPT_TOKENS, output: 2 } },
  { when: 'after the last word', chunks: 4, want: { events: 1, input: PROMPT_TOKENS, output: 3 } },
])(
  'T2: a client that leaves $when pays for what it got, on one record, and the server is told',
  async ({ chunks, want }) => {
    const customer = await newCustomer()
    const { state } = stand.simulator
    const { requests, aborted } = state
    const leaving = new AbortController()
    const asking = ask({
      url: stand.gateway.url,
      key: customer.key,
      body: silentAfter(chunks),
      signal: leaving.signal,
    })
    if (chunks > 0) await readSome(await asking, chunks)
    else await untilTrue(() => state.requests > requests)
    leaving.abort()
    await asking.catch(() => 'left')
    await untilTrue(() => state.aborted === aborted + 1)
    const charged = await untilTrue(async () => {
      await post()
      const found = await chargedOf(db, customer.organizationId)
      return found.events >= want.events ? found : null
    })
    expect(charged).toEqual(want)
    await post()
    expect(await chargedOf(db, customer.organizationId)).toEqual(want)
  },
)

test('T2: a client that leaves after the end has one record of all of it', async () => {
  const customer = await newCustomer()
  const body = told({ tokens: 3 }, { stream: true })
  const response = await ask({ url: stand.gateway.url, key: customer.key, body })
  expect(await response.text()).toContain('[DONE]')
  await post()
  expect(await chargedOf(db, customer.organizationId)).toEqual({
    events: 1,
    input: PROMPT_TOKENS,
    output: 3,
  })
})

/** Requests at every step of their life at once, each of a customer of its own. */
async function openSteps(victim: GatewayProcess) {
  const asked = async (body: unknown, events: number) => {
    const customer = await newCustomer()
    const { requests } = stand.simulator.state
    const asking = ask({ url: victim.url, key: customer.key, body }).catch(() => null)
    if (events === 0) await untilTrue(() => stand.simulator.state.requests > requests)
    const response = events > 0 ? await asking : null
    const text = response ? await readSome(response, events) : ''
    return { customer, words: text.match(/word\d/g)?.length ?? 0, asking }
  }
  const waiting = await asked(silentAfter(0), 0)
  const waitingWhole = await asked(told({ delayMs: FOREVER_MS }), 0)
  const first = await asked(silentAfter(2), 2)
  const amid = await asked(silentAfter(3), 3)
  const last = await asked(silentAfter(4), 4)
  const complete = await newCustomer()
  const done = await ask({ url: victim.url, key: complete.key, body: told({ tokens: 7 }) })
  expect(done.status).toBe(200)
  await done.text()
  return { untouched: [waiting, waitingWhole], streams: [first, amid, last], complete }
}

function isJournalled(writer: string, { organizationId }: Customer): boolean {
  const directory = stand.folders.journalDirectory
  return readdirSync(directory)
    .filter((file) => file.startsWith(writer))
    .some((file) => readFileSync(join(directory, file), 'latin1').includes(organizationId))
}

async function expectNothingHeld(all: readonly Customer[]): Promise<void> {
  for (const { organizationId } of all)
    expect((await getBalance(db, organizationId)).held, 'held').toBe(0n)
  expect((await verifyBooks(db)).isBalanced).toBe(true)
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'T3: %s at every step: what was acknowledged is charged once, the rest at most as delivered, and nothing stays held',
  async (signal) => {
    const victim = await startGateway({ databaseUrl: stand.database.url, folders: stand.folders })
    const { untouched, streams, complete } = await openSteps(victim)
    await untilTrue(() => streams.every(({ customer }) => isJournalled(victim.writer, customer)))
    // when
    victim.child.kill(signal)
    expect(await victim.exited).toBe(signal === 'SIGKILL' ? signal : 0)
    for (let round = 0; round < 2; round++) await post((writer) => writer !== victim.writer)
    // then
    expect(await chargedOf(db, complete.organizationId)).toMatchObject({ events: 1, output: 7 })
    for (const { customer } of untouched)
      expect(await chargedOf(db, customer.organizationId)).toMatchObject({ events: 0 })
    for (const { customer, words } of streams) {
      const { events, output } = await chargedOf(db, customer.organizationId)
      expect(events).toBe(1)
      expect(output).toBeLessThanOrEqual(words)
      if (signal === 'SIGTERM') expect(output).toBe(words)
    }
    const all = [...untouched, ...streams].map(({ customer }) => customer)
    await expectNothingHeld([...all, complete])
  },
  60_000,
)

const CHAT = { model: MODEL, messages: [{ role: 'user', content: '{"tokens":2}' }] }
const BILLABLE: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', CHAT],
  ['/v1/completions', { model: MODEL, prompt: 'go on' }],
  ['/v1/responses', { model: MODEL, input: 'go on' }],
  ['/v1/messages', { ...CHAT, max_tokens: 50 }],
  ['/v1/embeddings', { model: 'vectors', input: 'go on' }],
]

const send = (path: string, { key }: Customer, body: object, method = 'POST') =>
  fetch(stand.gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test.each(BILLABLE)('T13: what is asked at %s is charged', async (path, body) => {
  const model = { name: 'vectors', urls: [stand.simulator.url], isEmbedding: true }
  if (path === '/v1/embeddings') await addModel(db, model)
  const customer = await newCustomer()
  await untilTrue(async () => (await send(path, customer, body)).status === 200)
  await post()
  const { events, input } = await chargedOf(db, customer.organizationId)
  expect(events).toBe(1)
  expect(input).toBeGreaterThan(0)
})

test.each([
  '/v1/audio/speech',
  '/v1/images/generations',
  '/v1/moderations',
  '/v1/realtime',
  '/v1/rerank',
  '/v1/engines/toy/completions',
  '/v1/chat/completions/',
  '/v1//chat/completions',
  '/v1/../v1/chat/completions',
  '/V1/chat/completions',
  '/v1/chat%2Fcompletions',
  '/openai/v1/chat/completions',
  '/d0/v1/chat/completions',
])('T13: %s is no way to a server past the meter', async (path) => {
  const customer = await newCustomer()
  const { requests } = stand.simulator.state
  const response = await send(path, customer, CHAT)
  await response.text()
  await post()
  const { events } = await chargedOf(db, customer.organizationId)
  expect(stand.simulator.state.requests - requests).toBe(events)
  if (events === 0) expect(response.status).toBeGreaterThanOrEqual(400)
})
