/** The Responses API with the official client, unmodified, in front of a server that answers chats. */
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { addCustomer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, untilTrue } from '../../../test/gateway/stand.ts'
import type { Behaviour } from '../../../test/gateway/upstream-simulator.ts'

type Event = OpenAI.Responses.ResponseStreamEvent
type Asked = OpenAI.Responses.ResponseCreateParamsNonStreaming

const stand = await makeStand()
const client = (apiKey = stand.customer.key) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey, maxRetries: 0 })
const ask = (behaviour: Partial<Behaviour> = {}, more: Partial<Asked> = {}): Asked => ({
  model: MODEL,
  input: JSON.stringify(behaviour),
  ...more,
})
const TEXT = 'word0 word1 word2 word3 word4 '
const tool = {
  type: 'function' as const,
  name: 'add',
  description: 'adds',
  parameters: { type: 'object', properties: { a: { type: 'number' } } },
  strict: true,
}
const weather = { ...tool, name: 'weather' }

async function streamed(asked: Asked, apiKey?: string): Promise<Event[]> {
  const events: Event[] = []
  const stream = await client(apiKey).responses.create({ ...asked, stream: true })
  for await (const event of stream) events.push(event)
  return events
}

const typesOf = (events: readonly Event[]) => events.map(({ type }) => type)

/** What it is without its place in time. */
const withoutNames = (response: object) =>
  JSON.parse(
    JSON.stringify(response, (name, value: unknown) =>
      ['id', 'created_at', 'item_id'].includes(name) ? undefined : value,
    ).replaceAll(/(msg|rs|fc)_[0-9a-f]+_/g, '$1_'),
  ) as object

function endOf(events: readonly Event[]): OpenAI.Responses.Response {
  const last = events.at(-1)
  if (last && 'response' in last) return last.response
  throw new Error('the last event has the response')
}

let customers = 0
const newCustomer = () =>
  addCustomer(stand.database.db, { name: `Asker ${++customers}`, usd: '10' })

async function charged(organizationId: string, events: number) {
  return untilTrue(async () => {
    await postJournals({ db: stand.database.db, folders: stand.folders, isWriterAlive: () => true })
    const all = await chargedOf(stand.database.db, organizationId)
    return all.events >= events ? all : null
  })
}

test('the official client gets a response', async () => {
  const response = await client().responses.create({ model: MODEL, input: 'hello' })
  expect(response.output_text).toBe(TEXT)
  expect(response).toMatchObject({
    object: 'response',
    model: MODEL,
    status: 'completed',
    error: null,
    incomplete_details: null,
    store: false,
    output: [
      { type: 'message', role: 'assistant', status: 'completed', content: [{ annotations: [] }] },
    ],
    usage: {
      input_tokens: 11,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 16,
    },
  })
  expect(response.id).toMatch(/^resp_[0-9a-f]{24}$/)
})

test('a stream tells of everything in the documented order, numbered', async () => {
  const events = await streamed({ model: MODEL, input: 'hello' })
  expect(typesOf(events)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    ...Array.from({ length: 5 }, () => 'response.output_text.delta'),
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  expect(events.map(({ sequence_number: number }) => number)).toEqual([...events.keys()])
  expect(endOf(events).usage).toMatchObject({ input_tokens: 11, output_tokens: 5 })
})

const behaviours: readonly {
  readonly name: string
  readonly asked: Asked
  readonly kinds: string[]
}[] = [
  { name: 'words', asked: ask(), kinds: ['message'] },
  { name: 'reasoning', asked: ask({ thinks: 'hm' }), kinds: ['reasoning', 'message'] },
  {
    name: 'reasoning as its summary',
    asked: ask({ thinks: 'hm' }, { reasoning: { summary: 'auto', effort: 'low' } }),
    kinds: ['reasoning', 'message'],
  },
  { name: 'a refusal', asked: ask({ refuses: 'No.' }), kinds: ['message'] },
  {
    name: 'parallel calls after words',
    asked: ask({ tokens: 2, calls: ['add', 'weather'] }, { tools: [tool, weather] }),
    kinds: ['message', 'function_call', 'function_call'],
  },
  {
    name: 'log-probabilities',
    asked: ask({ tokens: 2 }, { include: ['message.output_text.logprobs'], top_logprobs: 1 }),
    kinds: ['message'],
  },
  { name: 'cached and reasoned tokens', asked: ask({ hasClasses: true }), kinds: ['message'] },
  { name: 'an answer cut by its bound', asked: ask({ finish: 'length' }), kinds: ['message'] },
  { name: 'a filtered answer', asked: ask({ finish: 'content_filter' }), kinds: ['message'] },
  {
    name: 'nothing at all',
    asked: ask({ tokens: 0, calls: ['add'] }, { tools: [tool] }),
    kinds: ['function_call'],
  },
]

describe.each(behaviours)('$name', ({ asked, kinds }) => {
  test('is the same streamed and in one piece, and is charged alike', async () => {
    const customer = await newCustomer()
    const whole = await client(customer.key).responses.create(asked)
    const events = await streamed(asked, customer.key)
    const { output_text: _, ...told } = whole
    expect(withoutNames(endOf(events))).toEqual(withoutNames(told))
    expect(whole.output.map(({ type }) => type)).toEqual(kinds)
    const used = whole.usage
    expect(await charged(customer.organizationId, 2)).toEqual({
      events: 2,
      input: 2 * (used?.input_tokens ?? 0),
      output: 2 * (used?.output_tokens ?? 0),
    })
  })

  test('is put together by the client\u2019s own reader of streams', async () => {
    const stream = client().responses.stream({ ...asked, stream: true })
    const response = await stream.finalResponse()
    expect(response.output.map(({ type }) => type)).toEqual(kinds)
  })
})

test('an answer that is cut by its bound is incomplete, with the reason and its count', async () => {
  const events = await streamed(ask({ finish: 'length' }))
  expect(events.at(-1)?.type).toBe('response.incomplete')
  expect(endOf(events)).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    usage: { output_tokens: 5 },
    output: [{ status: 'incomplete' }],
  })
})

test('calls come as items of their own, each with its arguments in pieces and whole', async () => {
  const events = await streamed(
    ask({ tokens: 0, calls: ['add', 'weather'] }, { tools: [tool, weather] }),
  )
  expect(typesOf(events).filter((type) => type.includes('function_call_arguments'))).toEqual([
    'response.function_call_arguments.delta',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
  ])
  expect(endOf(events).output).toMatchObject([
    { type: 'function_call', name: 'add', call_id: 'call_0', arguments: '{"a":1}' },
    { type: 'function_call', name: 'weather', call_id: 'call_1', arguments: '{"a":1}' },
  ])
})

test('a conversation with calls, their outputs, images and a schema reaches the server as a chat', async () => {
  const image = 'data:image/png;base64,AAAA'
  await client().responses.create({
    model: MODEL,
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: image, detail: 'low' },
        ],
      },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      {
        ...{ type: 'message', role: 'assistant', id: 'msg_1', status: 'completed' },
        content: [{ type: 'output_text', text: 'I add.', annotations: [] }],
      },
      { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: '2' },
      { type: 'function_call_output', call_id: 'c2', output: 'sun' },
      { role: 'user', content: 'So?' },
    ] as OpenAI.Responses.ResponseInput,
    tools: [tool, weather],
    tool_choice: { type: 'function', name: 'add' },
    parallel_tool_calls: false,
    text: {
      format: { type: 'json_schema', name: 'sum', schema: { type: 'object' }, strict: true },
    },
    reasoning: { effort: 'low' },
    max_output_tokens: 40,
    temperature: 0.5,
    top_p: 0.9,
    service_tier: 'flex',
    user: 'u1',
  })
  const { strict, ...plain } = tool
  expect(stand.simulator.state.lastBody).toEqual({
    model: MODEL,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: image, detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I add.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
          { id: 'c2', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '2' },
      { role: 'tool', tool_call_id: 'c2', content: 'sun' },
      { role: 'user', content: 'So?' },
    ],
    tools: [tool, weather].map(({ type, ...called }) => ({ type, function: called })),
    tool_choice: { type: 'function', function: { name: 'add' } },
    parallel_tool_calls: false,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'sum', schema: { type: 'object' }, strict: true },
    },
    reasoning_effort: 'low',
    max_tokens: 40,
    temperature: 0.5,
    top_p: 0.9,
    user: 'u1',
  })
  expect([strict, plain.name]).toEqual([true, 'add'])
})

test('the official client counts what a request would have as input', async () => {
  const counted = await client().responses.inputTokens.count({ model: MODEL, input: 'hello' })
  expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: 11 })
})

describe('what needs something stored is refused, with what to do', () => {
  test.each([
    { store: true },
    { background: true },
    { previous_response_id: 'resp_1' },
    { conversation: 'conv_1' },
    { prompt: { id: 'pmpt_1' } },
  ])('%j', async (more) => {
    const [param] = Object.keys(more)
    const asking = client().responses.create({ ...ask(), ...more } as Asked)
    await expect(asking).rejects.toMatchObject({ status: 400, param })
    await expect(asking).rejects.toThrow(/'store': false/)
  })

  test('an item that is only named', async () => {
    const input = [{ type: 'item_reference' as const, id: 'msg_1' }]
    await expect(client().responses.create({ model: MODEL, input })).rejects.toMatchObject({
      status: 400,
      param: 'input[0]',
    })
  })

  test('a response that was answered', async () => {
    await expect(client().responses.retrieve('resp_1')).rejects.toMatchObject({
      status: 404,
      code: 'response_not_found',
    })
  })

  test('but not that nothing is stored', async () => {
    const response = await client().responses.create(ask({}, { store: false }))
    expect(response.status).toBe('completed')
  })
})

describe('what cannot be asked is refused by name', () => {
  test.each([
    { more: { tools: [{ type: 'web_search' }] }, param: 'tools[0].type' },
    { more: { input: [{ type: 'computer_call' }] }, param: 'input[0].type' },
    {
      more: { input: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      param: 'input[0].content[0].type',
    },
    { more: { input: undefined }, param: 'input' },
    { more: { input: 7 }, param: 'input' },
    { more: { input: [] }, param: 'input' },
    { more: { max_output_tokens: 0 }, param: 'max_output_tokens' },
    { more: { truncation: 'auto' }, param: 'truncation' },
    { more: { text: { format: { type: 'grammar' } } }, param: 'text.format.type' },
    { more: { tool_choice: { type: 'mcp' }, tools: [tool] }, param: 'tool_choice' },
    { more: { colour: 'red' }, param: 'colour' },
    { more: { model: undefined }, param: 'model' },
  ])('$more', async ({ more, param }) => {
    const asking = client().responses.create({ ...ask(), ...more } as never)
    await expect(asking).rejects.toMatchObject({ status: 400, param })
  })
})

describe('an answer that breaks off', () => {
  test.each([
    { name: 'a cut connection', behaviour: { tokens: 9, cutAfter: 4, delayMs: 5 } },
    { name: 'an error in the stream', behaviour: { tokens: 9, failAfter: 4, delayMs: 5 } },
    { name: 'an end without an ending', behaviour: { tokens: 9, stopAfter: 4, delayMs: 5 } },
  ])('is told as failed and thrown, never completed: $name', async ({ behaviour }) => {
    const customer = await newCustomer()
    const events: Event[] = []
    const stream = await client(customer.key).responses.create({ ...ask(behaviour), stream: true })
    const reading = (async () => {
      for await (const event of stream) events.push(event)
    })()
    await expect(reading).rejects.toThrow(/not complete/)
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'server_error' },
        output: [{ type: 'message', status: 'incomplete' }],
        usage: { input_tokens: 11, output_tokens: 3 },
      },
    })
    expect(typesOf(events)).not.toContain('response.completed')
    expect(await charged(customer.organizationId, 1)).toMatchObject({ input: 11, output: 3 })
    await expect(
      client()
        .responses.stream({ ...ask(behaviour), stream: true })
        .finalResponse(),
    ).rejects.toThrow()
  })

  test('has a real status before the first output', async () => {
    const asking = client().responses.create({ ...ask({ failAfter: 0 }), stream: true })
    await expect(asking).rejects.toMatchObject({ status: 502 })
  })
})

test('refusals are in the shape that the official client knows', async () => {
  await expect(client('sk-no').responses.create(ask())).rejects.toBeInstanceOf(
    OpenAI.AuthenticationError,
  )
  await expect(client().responses.create({ ...ask(), model: 'none' })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  })
  const poor = await addCustomer(stand.database.db, { name: 'Poor', usd: '0' })
  await expect(client(poor.key).responses.create(ask())).rejects.toMatchObject({
    status: 429,
    code: 'insufficient_quota',
  })
})
