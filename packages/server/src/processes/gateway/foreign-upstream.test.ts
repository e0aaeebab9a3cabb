/** A server that speaks Anthropic's messages behind a model: for clients of either dialect, with all its faults. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { sql } from 'kysely'
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Customer, addCustomer, addUpstream } from '../../../test/gateway/installation.ts'
import {
  type MessagesSimulator,
  startMessagesSimulator,
  type Told,
} from '../../../test/gateway/messages-simulator.ts'
import { postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { makeStand, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand({ logLevel: 'debug', silenceMaxMs: 1000 })
const { db } = stand.database
const CANARY = 'sk-canary-0123456789abcdef'
const simulator = { current: null as MessagesSimulator | null }
const server = () => {
  if (!simulator.current) throw new Error('it is started first')
  return simulator.current
}

beforeAll(async () => {
  simulator.current = await startMessagesSimulator()
  const { url } = server()
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2', cachedInputUsd: '0.1' }
  const theirs = { provider: 'anthropic' as const, upstreamModel: 'theirs-1' }
  await addUpstream(db, { ...theirs, model: 'foreign', url, credential: CANARY, sell })
  // A replica's place is taken by a server that is gone, so that the other one answers.
  const dead = await startMessagesSimulator()
  await dead.close()
  const gone = { provider: 'openai' as const, upstreamModel: 'x', url: dead.url }
  const { cachedInputUsd: _, ...plain } = sell
  await addUpstream(db, { ...gone, model: 'mixed', sell: plain })
  await addUpstream(db, { ...theirs, model: 'mixed', url })
  const messages = () => new Anthropic({ baseURL: stand.gateway.url, apiKey: stand.customer.key })
  await untilTrue(async () =>
    (await messages().models.list()).data.some(({ id }) => id === 'mixed'),
  )
  return () => server().close()
})

const keyOf = (customer: Customer | undefined) => (customer ?? stand.customer).key
const anthropic = (customer?: Customer) =>
  new Anthropic({ baseURL: stand.gateway.url, apiKey: keyOf(customer), maxRetries: 0 })
const openai = (customer?: Customer) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey: keyOf(customer), maxRetries: 0 })

const ask = (told: Partial<Told> = {}) => ({
  model: 'foreign',
  max_tokens: 50,
  messages: [{ role: 'user' as const, content: JSON.stringify(told) }],
})
const TEXT = 'word0 word1 word2 '
const schema = { type: 'object' as const, properties: { a: { type: 'number' } } }

describe('a client of the same dialect', () => {
  test('gets the server\u2019s own words, under the name that it asked for', async () => {
    const message = await anthropic().messages.create(ask({ thinks: true, cached: 4 }))
    expect(message).toMatchObject({
      id: 'msg_simulated',
      model: 'foreign',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'signed' },
        { type: 'text', text: TEXT },
      ],
      usage: { input_tokens: 12, cache_read_input_tokens: 4, output_tokens: 3 },
    })
    expect(server().state.lastBody).toMatchObject({ model: 'theirs-1', max_tokens: 50 })
  })

  test('gets every event of a stream, and its end once that is on record', async () => {
    const stream = anthropic().messages.stream({
      ...ask({ calls: true, thinks: true }),
      tools: [{ name: 'add', input_schema: schema }],
    })
    const types: string[] = []
    stream.on('streamEvent', ({ type }) => types.push(type))
    const message = await stream.finalMessage()
    expect(message).toMatchObject({
      model: 'foreign',
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', signature: 'signed' },
        { type: 'tool_use', name: 'add', input: { a: 1 } },
      ],
    })
    expect(types.filter((type) => type === 'message_stop')).toHaveLength(1)
  })

  test('has its tokens counted by the server', async () => {
    const { max_tokens: _, ...question } = ask()
    const { data, response } = await anthropic().messages.countTokens(question).withResponse()
    expect(data).toEqual({ input_tokens: 12 })
    expect(response.headers.get('x-spillway-count')).toBe('counted')
    expect(server().state.lastPath).toBe('/v1/messages/count_tokens')
  })
})

describe('a client of responses', () => {
  const tools = [{ type: 'function' as const, name: 'add', parameters: schema, strict: false }]
  const asked = (told: Partial<Told>) => {
    const [{ content: input } = { content: '' }] = ask(told).messages
    return { model: 'foreign', input, tools, max_output_tokens: 50 }
  }

  test('gets reasoning with what proves it, calls and what was cached, streamed and whole', async () => {
    const whole = await openai().responses.create(asked({ calls: true, thinks: true, cached: 4 }))
    const stream = openai().responses.stream({
      ...asked({ calls: true, thinks: true, cached: 4 }),
      stream: true,
    })
    for (const response of [whole, await stream.finalResponse()])
      expect(response).toMatchObject({
        model: 'foreign',
        status: 'completed',
        output: [
          {
            type: 'reasoning',
            content: [{ type: 'reasoning_text', text: 'hm' }],
            encrypted_content: 'signed',
          },
          { type: 'function_call', name: 'add', call_id: 'toolu_1', arguments: '{"a":1}' },
        ],
        usage: { input_tokens: 16, input_tokens_details: { cached_tokens: 4 }, output_tokens: 3 },
      })
    expect(server().state.lastBody).toMatchObject({
      max_tokens: 50,
      tools: [{ name: 'add', input_schema: schema }],
    })
  })

  test('is told how much of an answer it paid that broke off', async () => {
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    const stream = await openai().responses.create({
      ...asked({ tokens: 9, cutAfter: 7 }),
      stream: true,
    })
    const reading = (async () => {
      for await (const event of stream) events.push(event)
    })()
    await expect(reading).rejects.toThrow(/not complete/)
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { usage: { input_tokens: 12, output_tokens: 6 } },
    })
  })
})

describe('a client of chat completions', () => {
  test('gets a completion, with what was cached', async () => {
    const completion = await openai().chat.completions.create(ask({ cached: 4, written: 2 }))
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'foreign',
      choices: [{ message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 18,
        completion_tokens: 3,
        prompt_tokens_details: { cached_tokens: 4 },
      },
    })
  })

  test('gets a stream with tool calls, reasoning and the count', async () => {
    const stream = await openai().chat.completions.create({
      ...ask({ calls: true, thinks: true }),
      tools: [{ type: 'function', function: { name: 'add', parameters: schema } }],
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    const calls = deltas.flatMap(({ tool_calls: parts = [] }) => parts)
    expect(calls[0]).toMatchObject({ id: 'toolu_1', function: { name: 'add' } })
    expect(calls.map((call) => call.function?.arguments ?? '').join('')).toBe('{"a":1}')
    expect(deltas).toContainEqual(expect.objectContaining({ reasoning_content: 'hm' }))
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 3 },
    })
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    expect(server().state.lastBody).toMatchObject({
      tools: [{ name: 'add', input_schema: schema }],
    })
  })

  test('sends a whole conversation, with results of tools', async () => {
    const image = 'data:image/png;base64,AAAA'
    await openai().chat.completions.create({
      ...ask(),
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'add', arguments: '{"a":2}' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: '4' },
        { role: 'user', content: 'so?' },
      ],
    })
    expect(server().state.lastBody).toMatchObject({
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ type: 'image', source: { media_type: 'image/png' } }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', input: { a: 2 } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: '4' }] },
            { type: 'text', text: 'so?' },
          ],
        },
      ],
    })
  })

  test.each([{ n: 2 }, { logprobs: true }, { frequency_penalty: 1 }])(
    'is told what the server could not honour: %j',
    async (more) => {
      const [param] = Object.keys(more)
      const asking = openai().chat.completions.create({ ...ask(), ...more })
      await expect(asking).rejects.toMatchObject({ status: 400, param })
    },
  )

  test('is answered by another server of the model where one is gone', async () => {
    for (let round = 0; round < 3; round++)
      expect(
        (await openai().chat.completions.create({ ...ask(), model: 'mixed' })).choices[0]?.message
          .content,
      ).toBe(TEXT)
  })
})

/** What a customer was charged for, by SKU, once it is posted. */
async function chargedOf({ organizationId }: Customer, events = 1) {
  return untilTrue(async () => {
    await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
    const { rows } = await sql<{ sku: string; quantity: string; events: string }>`
      SELECT sku, sum(quantity)::text AS quantity, count(DISTINCT id)::text AS events
      FROM usage_event WHERE organization_id = ${organizationId} GROUP BY sku`.execute(db)
    const isAll = rows.some((row) => Number(row.events) >= events)
    if (!isAll) return null
    return Object.fromEntries(rows.map(({ sku, quantity }) => [sku.split('.').at(-1), quantity]))
  })
}

let customers = 0
const newCustomer = () => addCustomer(db, { name: `Foreign ${++customers}`, usd: '10' })

test('a class with a price of its own is charged by it, the others with what they are part of', async () => {
  const customer = await newCustomer()
  await anthropic(customer).messages.create(ask({ cached: 4, written: 2 }))
  await anthropic(customer)
    .messages.stream(ask({ cached: 4, written: 2 }))
    .finalMessage()
  await openai(customer).chat.completions.create(ask({ cached: 4, written: 2 }))
  expect(await chargedOf(customer, 3)).toEqual({
    input: String(3 * (12 + 2)),
    cached_input: String(3 * 4),
    output: String(3 * 3),
  })
})

describe('what breaks is told, and what was delivered is charged', () => {
  const faults: readonly { readonly name: string; readonly told: Partial<Told> }[] = [
    { name: 'a cut connection', told: { tokens: 9, cutAfter: 7 } },
    { name: 'an error in the stream', told: { tokens: 9, failAfter: 7 } },
    { name: 'an end without an ending', told: { tokens: 9, stopAfter: 7 } },
    { name: 'garbage', told: { tokens: 9, garbageAfter: 7 } },
    { name: 'silence', told: { tokens: 9, stallAfter: 7 } },
    { name: 'an event that never ends', told: { tokens: 9, hugeAfter: 7 } },
  ]
  for (const { name, told } of faults)
    for (const dialect of ['messages', 'chat'] as const)
      test(`${name}, to a client of ${dialect}`, async () => {
        const customer = await newCustomer()
        const { text, hasEnding } = await readBroken(customer, dialect, told)
        expect(text).toContain('word3')
        expect(text).toMatch(/not complete/)
        expect(hasEnding).toBe(false)
        const { input, output } = await chargedOf(customer)
        // Four words of six bytes: it counts its output only at the end.
        expect([input, output]).toEqual(['12', '6'])
      })

  test.each([
    { name: 'a negative count', usage: { input_tokens: -5, output_tokens: 3 } },
    { name: 'a count that is text', usage: { input_tokens: '12', output_tokens: 'three' } },
    { name: 'a count of nothing', usage: { input_tokens: 0, output_tokens: 0 } },
    { name: 'no count', usage: {} },
  ])('$name is not believed', async ({ usage }) => {
    const customer = await newCustomer()
    await anthropic(customer).messages.create(ask({ usage }))
    await anthropic(customer).messages.stream(ask({ usage })).finalMessage()
    const { input, output } = await chargedOf(customer, 2)
    expect(Number(input)).toBeGreaterThan(0)
    expect(Number(output)).toBeGreaterThan(0)
  })

  test.each([
    { status: 529, want: 529 },
    { status: 500, want: 502 },
    { status: 401, want: 502 },
    { status: 404, want: 502 },
  ])('the server\u2019s status $status is $want', async ({ status, want }) => {
    for (const asking of [
      anthropic().messages.create(ask({ status })),
      anthropic().messages.create({ ...ask({ status }), stream: true }),
    ])
      await expect(asking).rejects.toMatchObject({ status: want })
  })

  test('before the first content there is a real status', async () => {
    for (const failAfter of [0, 1, 2])
      await expect(
        anthropic().messages.create({ ...ask({ failAfter }), stream: true }),
      ).rejects.toMatchObject({ status: 502 })
  })
})

async function readBroken(customer: Customer, dialect: 'chat' | 'messages', told: Partial<Told>) {
  const path = dialect === 'chat' ? 'chat/completions' : 'messages'
  const response = await fetch(`${stand.gateway.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${customer.key}` },
    body: JSON.stringify({ ...ask(told), stream: true }),
  })
  const text = await response.text()
  return { text, hasEnding: /\[DONE\]|message_stop/.test(text) }
}

test('when the client leaves, the server is told, and what was delivered is charged', async () => {
  const customer = await newCustomer()
  const before = server().state.aborted
  const stream = anthropic(customer).messages.stream(ask({ tokens: 40 }))
  stream.on('text', () => stream.abort())
  await expect(stream.finalMessage()).rejects.toThrow()
  await untilTrue(() => server().state.aborted > before)
  expect(Number((await chargedOf(customer))['output'])).toBeGreaterThan(0)
})

test('a credential is sent to its server and found nowhere else', async () => {
  await anthropic().messages.create(ask())
  expect(server().state.lastKey).toBe(CANARY)
  await anthropic()
    .messages.create(ask({ status: 401, error: 'x' }))
    .catch(() => null)
  const { rows } = await sql<{ table_name: string }>`
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`.execute(db)
  for (const { table_name: table } of rows) {
    const found = await sql<{ text: string }>`
      SELECT t::text AS text FROM ${sql.table(table)} t WHERE t::text LIKE ${`%${CANARY}%`}`.execute(
      db,
    )
    expect(found.rows, table).toEqual([])
  }
  const texts = readdirSync(stand.folders.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  expect(texts.join('')).not.toContain(CANARY)
  expect(JSON.stringify(stand.gateway.messages)).not.toContain(CANARY)
})

test('after all that it still answers, and the books are right', async () => {
  expect((await anthropic().messages.create(ask())).content).toMatchObject([{ text: TEXT }])
  await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
  expect((await verifyBooks(db)).isBalanced).toBe(true)
})
