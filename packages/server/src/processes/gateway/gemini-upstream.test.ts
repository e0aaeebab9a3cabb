/** Servers that speak Gemini's generateContent, or stand behind Azure's deployments, asked over real HTTP: simulators. */
import Anthropic from '@anthropic-ai/sdk'
import { sql } from 'kysely'
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type GeminiSimulator,
  startGeminiSimulator,
  type Told,
} from '../../../test/gateway/gemini-simulator.ts'
import { addCustomer, addUpstream, type Customer } from '../../../test/gateway/installation.ts'
import { postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { makeStand, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand({ silenceMaxMs: 1000 })
const { db } = stand.database
const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln'
const simulator = { current: null as GeminiSimulator | null }
const server = () => {
  if (!simulator.current) throw new Error('it is started first')
  return simulator.current
}

beforeAll(async () => {
  simulator.current = await startGeminiSimulator()
  const { url } = server()
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2' }
  const classes = { ...sell, cachedInputUsd: '0.1', reasoningUsd: '3' }
  const google = { provider: 'gemini' as const, url: `${url}/v1beta`, upstreamModel: 'g-1' }
  await addUpstream(db, { ...google, model: 'gem', credential: 'gem-key', sell: classes })
  const azure = { provider: 'azure' as const, url }
  await addUpstream(db, {
    ...{ ...azure, upstreamModel: 'my deployment', model: 'az', credential: 'az-key', sell },
  })
  await addUpstream(db, {
    ...azure,
    upstreamModel: 'd2',
    model: 'az-token',
    credential: TOKEN,
    sell,
  })
  const embedding = { ...sell, isEmbedding: true }
  await addUpstream(db, { ...azure, upstreamModel: 'e', model: 'az-embedding', sell: embedding })
  const listed = async () => (await openai().models.list()).data.map(({ id }) => id)
  await untilTrue(async () => (await listed()).includes('az-embedding'))
  return () => server().close()
})

const keyOf = (customer?: Customer) => (customer ?? stand.customer).key
const openai = (customer?: Customer) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey: keyOf(customer), maxRetries: 0 })
const anthropic = () =>
  new Anthropic({ baseURL: stand.gateway.url, apiKey: keyOf(), maxRetries: 0 })

const ask = (told: Partial<Told> = {}, model = 'gem') => ({
  model,
  max_tokens: 50,
  messages: [{ role: 'user' as const, content: JSON.stringify(told) }],
})
const TEXT = 'word0 word1 word2 '
const parameters = { type: 'object' as const, properties: { a: { type: 'number' } } }
const tools = [{ type: 'function' as const, function: { name: 'add', parameters } }]

async function chunksOf(told: Partial<Told>, customer?: Customer) {
  const options = { stream: true as const, stream_options: { include_usage: true } }
  const stream = await openai(customer).chat.completions.create({ ...ask(told), ...options, tools })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

describe('a server that speaks Gemini\u2019s', () => {
  test('answers a chat in one piece, with what was cached and thought', async () => {
    const completion = await openai().chat.completions.create(ask({ cached: 4, thinks: true }))
    expect(completion).toMatchObject({
      model: 'gem',
      choices: [{ message: { content: TEXT, reasoning_content: 'hm' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 12,
        completion_tokens: 8,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    })
    expect(server().state.lastPath).toBe('/v1beta/models/g-1:generateContent')
    expect(server().state.lastHeaders['x-goog-api-key']).toBe('gem-key')
  })

  test('streams text, thoughts, calls and its count', async () => {
    const chunks = await chunksOf({ thinks: true, calls: true })
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    expect(deltas).toContainEqual(expect.objectContaining({ reasoning_content: 'hm' }))
    expect(deltas.flatMap(({ tool_calls: calls = [] }) => calls)).toMatchObject([
      { index: 0, id: 'call_r1_0', function: { name: 'add', arguments: '{"a":1}' } },
    ])
    const reasons = chunks.flatMap(({ choices }) => choices.map((each) => each.finish_reason))
    expect(reasons).toContain('tool_calls')
    expect(chunks.at(-1)).toMatchObject({ usage: { prompt_tokens: 12, completion_tokens: 8 } })
    expect(server().state.lastPath).toBe('/v1beta/models/g-1:streamGenerateContent?alt=sse')
  })

  test('answers clients of messages and of responses too', async () => {
    const message = await anthropic().messages.create(ask())
    expect(message.content).toMatchObject([{ type: 'text', text: TEXT }])
    const response = await openai().responses.create({ model: 'gem', input: 'hello' })
    expect(response.output_text).toBe(TEXT)
    const { input_tokens: counted } = await anthropic().messages.countTokens({
      ...{ model: 'gem', messages: ask().messages },
    })
    expect(counted).toBe(12)
  })

  test('gets a whole conversation in its own words', async () => {
    const image = 'data:image/png;base64,AAAA'
    await openai().chat.completions.create({
      ...{ model: 'gem', max_completion_tokens: 7, temperature: 0.5, stop: 'end', tools },
      tool_choice: { type: 'function', function: { name: 'add' } },
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: parameters } },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] },
        {
          ...{ role: 'assistant', content: null },
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'add', arguments: '{"a":2}' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: '4' },
        { role: 'user', content: 'so?' },
      ],
    })
    expect(server().state.lastBody).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
        { role: 'model', parts: [{ functionCall: { name: 'add', args: { a: 2 } } }] },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'add', response: { result: '4' } } },
            { text: 'so?' },
          ],
        },
      ],
      generationConfig: {
        ...{ maxOutputTokens: 7, temperature: 0.5, stopSequences: ['end'] },
        ...{ responseMimeType: 'application/json', responseJsonSchema: parameters },
      },
      tools: [{ functionDeclarations: [{ name: 'add', parametersJsonSchema: parameters }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['add'] } },
    })
  })

  test.each([{ n: 2 }, { logprobs: true }, { parallel_tool_calls: false }])(
    'is not asked for what it could not honour: %j',
    async (more) => {
      const [param] = Object.keys(more)
      const asking = openai().chat.completions.create({ ...ask(), tools, ...more })
      await expect(asking).rejects.toMatchObject({ status: 400, param })
    },
  )

  test('says so when it blocks a prompt, or stops for safety', async () => {
    for (const told of [{ blocks: true }, { reason: 'SAFETY' }]) {
      const { choices } = await openai().chat.completions.create(ask(told))
      expect(choices[0]?.finish_reason).toBe('content_filter')
    }
  })

  test.each([
    { told: { status: 429 }, want: 503 },
    { told: { status: 500 }, want: 502 },
    { told: { status: 400 }, want: 400 },
    // The operator's key is no fault of the client's, whatever the status.
    { told: { status: 400, error: 'API key not valid. Please pass a valid API key.' }, want: 502 },
    { told: { status: 400, error: 'The input token count (9) exceeds the maximum' }, want: 400 },
  ])('its failure $told is $want', async ({ told, want }) => {
    const asking = openai().chat.completions.create(ask(told))
    await expect(asking).rejects.toMatchObject({ status: want })
  })
})

let customers = 0
const newCustomer = () => addCustomer(db, { name: `Gemini ${++customers}`, usd: '10' })

async function chargedOf({ organizationId }: Customer, events = 1) {
  return untilTrue(async () => {
    await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
    const { rows } = await sql<{ sku: string; quantity: string; events: string }>`
      SELECT sku, sum(quantity)::text AS quantity, count(DISTINCT id)::text AS events
      FROM usage_event WHERE organization_id = ${organizationId} GROUP BY sku`.execute(db)
    if (!rows.some((row) => Number(row.events) >= events)) return null
    return Object.fromEntries(rows.map(({ sku, quantity }) => [sku.split('.').at(-1), quantity]))
  })
}

describe('money', () => {
  test('each class is charged by its own price, streamed as in one piece', async () => {
    const customer = await newCustomer()
    await openai(customer).chat.completions.create(ask({ cached: 4, thinks: true }))
    await chunksOf({ cached: 4, thinks: true }, customer)
    const twice = { input: '16', cached_input: '8', output: '6', reasoning: '10' }
    expect(await chargedOf(customer, 2)).toEqual(twice)
  })

  test.each([
    { tokens: 9, cutAfter: 4 },
    { tokens: 9, failAfter: 4 },
    { tokens: 9, garbageAfter: 4 },
    { tokens: 9, stopAfter: 4 },
  ])('what was delivered before it broke is charged, and no more: %j', async (told) => {
    const customer = await newCustomer()
    await expect(chunksOf(told, customer)).rejects.toThrow(/not complete/)
    // Four words of six bytes: it counts its output only at the end.
    expect(await chargedOf(customer)).toEqual({ input: '12', output: '6' })
  })

  test.each([{}, { promptTokenCount: -1 }, { promptTokenCount: 'x', candidatesTokenCount: 1 }])(
    'a count that is none is not believed: %j',
    async (usage) => {
      const customer = await newCustomer()
      await openai(customer).chat.completions.create(ask({ usage }))
      const { input, output } = await chargedOf(customer)
      expect(Number(input)).toBeGreaterThan(0)
      expect(Number(output)).toBeGreaterThan(0)
    },
  )

  test('after all that the books are right', async () => {
    await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
    expect((await verifyBooks(db)).isBalanced).toBe(true)
  })
})

describe('a deployment of Azure\u2019s', () => {
  const PATH = '/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21'

  test('is asked by its path and version, with the key of the resource', async () => {
    const completion = await openai().chat.completions.create(ask({}, 'az'))
    expect(completion).toMatchObject({ model: 'az', choices: [{ message: { content: 'word0 ' } }] })
    expect(server().state.lastPath).toBe(PATH)
    expect(server().state.lastHeaders).toMatchObject({ 'api-key': 'az-key' })
    expect(server().state.lastHeaders.authorization).toBeUndefined()
  })

  test('streams to clients of any dialect', async () => {
    const stream = openai().chat.completions.stream(ask({}, 'az'))
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('word0 ')
    const message = await anthropic().messages.stream(ask({}, 'az')).finalMessage()
    expect(message).toMatchObject({ content: [{ text: 'word0 ' }], usage: { output_tokens: 1 } })
    expect(server().state.lastPath).toBe(PATH)
  })

  test('is asked with a token of the directory as a bearer', async () => {
    await openai().chat.completions.create(ask({}, 'az-token'))
    expect(server().state.lastHeaders.authorization).toBe(`Bearer ${TOKEN}`)
    expect(server().state.lastHeaders['api-key']).toBeUndefined()
  })

  test('makes embeddings', async () => {
    const { data } = await openai().embeddings.create({
      ...{ model: 'az-embedding', input: 'hello', encoding_format: 'float' },
    })
    expect(data[0]?.embedding).toEqual([1, 2])
    expect(server().state.lastPath).toContain('/openai/deployments/e/embeddings?api-version=')
  })

  test('counts no tokens: that is estimated, and said', async () => {
    const { messages } = ask({}, 'az')
    const { response } = await anthropic()
      .messages.countTokens({ model: 'az', messages })
      .withResponse()
    expect(response.headers.get('x-spillway-count')).toBe('estimated')
  })
})
