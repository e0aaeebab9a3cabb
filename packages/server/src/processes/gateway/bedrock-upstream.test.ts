/** Servers that speak Bedrock's Converse, asked over real HTTP, signed and framed as AWS does: a simulator. */
import Anthropic from '@anthropic-ai/sdk'
import { sql } from 'kysely'
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type BedrockSimulator,
  KEY,
  startBedrockSimulator,
  type Told,
} from '../../../test/gateway/bedrock-simulator.ts'
import { addCustomer, addUpstream, type Customer } from '../../../test/gateway/installation.ts'
import { postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import { makeStand, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand({ silenceMaxMs: 1000 })
const { db } = stand.database
const simulator = { current: null as BedrockSimulator | null }
const server = () => {
  if (!simulator.current) throw new Error('it is started first')
  return simulator.current
}
const { accessKeyId, secretAccessKey, sessionToken } = KEY
/** With what has to be escaped in a path, as inference profiles have. */
const THEIRS = 'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.vendor.model-v2:0'

beforeAll(async () => {
  simulator.current = await startBedrockSimulator()
  const { url } = server()
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2' }
  const classes = { ...sell, cachedInputUsd: '0.1', cacheWriteUsd: '1.25' }
  const upstream = { provider: 'bedrock' as const, url, upstreamModel: THEIRS }
  const signed = { ...upstream, model: 'bed', region: 'eu-west-1', sell: classes }
  await addUpstream(db, { ...signed, credential: `${accessKeyId}:${secretAccessKey}` })
  const lent = `${accessKeyId}:${secretAccessKey}:${sessionToken}`
  await addUpstream(db, { ...upstream, model: 'bed-lent', credential: lent, sell })
  const wrong = `${accessKeyId}:${'x'.repeat(40)}:${sessionToken}`
  await addUpstream(db, { ...upstream, model: 'bed-wrong', credential: wrong, sell })
  await addUpstream(db, { ...upstream, model: 'bed-key', credential: 'ABSK-bearer', sell })
  const listed = async () => (await openai().models.list()).data.map(({ id }) => id)
  await untilTrue(async () => (await listed()).includes('bed-key'))
  return () => server().close()
})

const keyOf = (customer?: Customer) => (customer ?? stand.customer).key
const openai = (customer?: Customer) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey: keyOf(customer), maxRetries: 0 })
const anthropic = () =>
  new Anthropic({ baseURL: stand.gateway.url, apiKey: keyOf(), maxRetries: 0 })

const ask = (told: Partial<Told> = {}, model = 'bed') => ({
  model,
  max_tokens: 50,
  messages: [{ role: 'user' as const, content: JSON.stringify(told) }],
})
const TEXT = 'word0 word1 word2 '
const PATH = `/model/${encodeURIComponent(THEIRS)}`
const parameters = { type: 'object' as const, properties: { a: { type: 'number' } } }
const tools = [{ type: 'function' as const, function: { name: 'add', parameters } }]

async function chunksOf(told: Partial<Told>, customer?: Customer) {
  const options = { stream: true as const, stream_options: { include_usage: true } }
  const stream = await openai(customer).chat.completions.create({ ...ask(told), ...options, tools })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

describe('a server that speaks Converse', () => {
  test('is asked with a signature that AWS\u2019s own signer finds right, and its secret stays here', async () => {
    const completion = await openai().chat.completions.create(ask({ read: 4, written: 2 }))
    expect(server().state).toMatchObject({ isSigned: true, lastPath: `${PATH}/converse` })
    expect(JSON.stringify(server().state.lastHeaders)).not.toContain(secretAccessKey)
    expect(completion).toMatchObject({
      model: 'bed',
      choices: [{ message: { content: TEXT }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 12,
        completion_tokens: 3,
        prompt_tokens_details: { cached_tokens: 4 },
      },
    })
    await openai().chat.completions.create(ask({}, 'bed-lent'))
    expect(server().state.isSigned).toBe(true)
    expect(server().state.lastHeaders['x-amz-security-token']).toBe(sessionToken)
    await openai().chat.completions.create(ask({}, 'bed-key'))
    expect(server().state.lastHeaders.authorization).toBe('Bearer ABSK-bearer')
  })

  test('that finds the signature wrong is the operator\u2019s to mend, and what it repeats is covered', async () => {
    const asking = openai().chat.completions.create(ask({}, 'bed-wrong'))
    const failure: unknown = await asking.catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 502 })
    expect(server().state.isSigned).toBe(false)
    expect(String(failure)).not.toContain(sessionToken)
  })

  test('streams reasoning, calls and its count, to clients of any dialect', async () => {
    const chunks = await chunksOf({ thinks: true, calls: true, read: 4 })
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    expect(deltas).toContainEqual(expect.objectContaining({ reasoning_content: 'hm' }))
    const calls = deltas.flatMap(({ tool_calls: found = [] }) => found)
    expect(calls[0]).toMatchObject({ index: 0, id: 'tooluse_1', function: { name: 'add' } })
    expect(calls.map((call) => call.function?.arguments ?? '').join('')).toBe('{"a":1}')
    const reasons = chunks.flatMap(({ choices }) => choices.map((each) => each.finish_reason))
    expect(reasons).toContain('tool_calls')
    expect(chunks.at(-1)).toMatchObject({ usage: { prompt_tokens: 12, completion_tokens: 3 } })
    expect(server().state).toMatchObject({ isSigned: true, lastPath: `${PATH}/converse-stream` })
    const message = await anthropic().messages.stream(ask()).finalMessage()
    expect(message).toMatchObject({ content: [{ text: TEXT }], stop_reason: 'end_turn' })
    const response = await openai().responses.create({ model: 'bed', input: 'hello' })
    expect(response.output_text).toBe(TEXT)
    const { messages } = ask()
    const counted = await anthropic().messages.countTokens({ model: 'bed', messages })
    expect(counted.input_tokens).toBe(12)
  })

  test('gets a whole conversation in its own words', async () => {
    const image = 'data:image/png;base64,AAAA'
    await openai().chat.completions.create({
      ...{ model: 'bed', max_completion_tokens: 7, temperature: 0.5, stop: 'end', tools },
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
    const schema = JSON.stringify(parameters)
    expect(server().state.lastBody).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ image: { format: 'png', source: { bytes: 'AAAA' } } }] },
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 't1', name: 'add', input: { a: 2 } } }],
        },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 't1', content: [{ text: '4' }] } }, { text: 'so?' }],
        },
      ],
      inferenceConfig: { maxTokens: 7, temperature: 0.5, stopSequences: ['end'] },
      toolConfig: {
        tools: [{ toolSpec: { name: 'add', inputSchema: { json: parameters } } }],
        toolChoice: { tool: { name: 'add' } },
      },
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { schema, name: 'x' } } },
      },
    })
  })

  test.each([
    { n: 2 },
    { logprobs: true },
    { parallel_tool_calls: false },
    { response_format: { type: 'json_object' as const } },
  ])('is not asked for what it could not honour: %j', async (more) => {
    const [param] = Object.keys(more)
    const asking = openai().chat.completions.create({ ...ask(), tools, ...more })
    await expect(asking).rejects.toMatchObject({ status: 400, param })
  })

  test.each([
    { told: { status: 429, error: 'Too many requests, please wait' }, want: 503 },
    { told: { status: 429, error: 'Model is not ready, please wait' }, want: 503 },
    { told: { status: 503 }, want: 503 },
    { told: { status: 500 }, want: 502 },
    { told: { status: 424 }, want: 502 },
    { told: { status: 404 }, want: 502 },
    { told: { status: 403, error: 'You don\u2019t have access to the model' }, want: 502 },
    { told: { status: 400 }, want: 400 },
    { told: { status: 400, error: 'The provided model identifier is invalid.' }, want: 502 },
    { told: { status: 400, error: 'Input is too long for requested model.' }, want: 400 },
  ])('its failure $told is $want', async ({ told, want }) => {
    const asking = openai().chat.completions.create(ask(told))
    await expect(asking).rejects.toMatchObject({ status: want })
  })

  test('says why it stopped; what its model garbled is no answer', async () => {
    for (const [reason, want] of [
      ['max_tokens', 'length'],
      ['guardrail_intervened', 'content_filter'],
      ['stop_sequence', 'stop'],
    ] as const) {
      const { choices } = await openai().chat.completions.create(ask({ reason }))
      expect(choices[0]?.finish_reason).toBe(want)
    }
    const asking = openai().chat.completions.create(ask({ reason: 'malformed_tool_use' }))
    await expect(asking).rejects.toMatchObject({ status: 502 })
  })
})

let customers = 0
const newCustomer = () => addCustomer(db, { name: `Bedrock ${++customers}`, usd: '10' })

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
    await openai(customer).chat.completions.create(ask({ read: 4, written: 2 }))
    await chunksOf({ read: 4, written: 2 }, customer)
    const twice = { input: '12', cached_input: '8', cache_write: '4', output: '6' }
    expect(await chargedOf(customer, 2)).toEqual(twice)
  })

  test.each([
    { tokens: 9, cutAfter: 5 },
    { tokens: 9, failAfter: 5 },
    { tokens: 9, flipAfter: 5 },
    { tokens: 9, hugeAfter: 5 },
    { tokens: 9, garbageAfter: 5 },
    { tokens: 9, stopAfter: 5 },
  ])('T12: what was delivered before it broke is charged, and no more: %j', async (told) => {
    const customer = await newCustomer()
    await expect(chunksOf(told, customer)).rejects.toThrow(/not complete/)
    // Four words of six bytes; it counts only at its end, so both are estimated.
    const { output, input } = await chargedOf(customer)
    expect(output).toBe('6')
    expect(Number(input)).toBeGreaterThan(0)
  })

  test('an exception before any output is a failed try, and costs nothing', async () => {
    const customer = await newCustomer()
    await expect(chunksOf({ failAfter: 0 }, customer)).rejects.toMatchObject({ status: 502 })
    await openai(customer).chat.completions.create(ask())
    expect(await chargedOf(customer)).toEqual({ input: '12', output: '3' })
  })

  test.each([null, {}, { inputTokens: -1 }, { inputTokens: 'x', outputTokens: 1 }])(
    'a count that is none is not believed: %j',
    async (usage) => {
      const customer = await newCustomer()
      await chunksOf({ usage }, customer)
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
