/** LangChain's client of OpenAI's dialects, unmodified, through chats and through responses. */
import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { makeStand, MODEL, untilTrue } from '../../../test/gateway/stand.ts'
import type { Behaviour } from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const TEXT = 'word0 word1 word2 word3 word4 '
let sent = 0

const configuration = () => ({
  baseURL: `${stand.gateway.url}/v1`,
  fetch: ((...asked: Parameters<typeof fetch>) => {
    sent += 1
    return fetch(...asked)
  }) as typeof fetch,
})

beforeAll(async () => {
  const { url } = stand.simulator
  await addModel(stand.database.db, { name: 'vectors', urls: [url], isEmbedding: true })
  await untilTrue(async () => {
    const answer = await fetch(`${stand.gateway.url}/v1/models/vectors`, {
      headers: { authorization: `Bearer ${stand.customer.key}` },
    })
    return answer.status === 200
  })
})

const told = (behaviour: Partial<Behaviour> = {}) => new HumanMessage(JSON.stringify(behaviour))

describe.each([
  { name: 'through chats', useResponsesApi: false },
  { name: 'through responses', useResponsesApi: true },
])('$name', ({ name, useResponsesApi }) => {
  const model = (more: { model?: string; apiKey?: string; maxRetries?: number } = {}) =>
    new ChatOpenAI({
      model: MODEL,
      apiKey: stand.customer.key,
      configuration: configuration(),
      maxRetries: 0,
      useResponsesApi,
      ...more,
    })

  test('answers, with its count', async () => {
    const answer = await model().invoke([told()])
    expect(answer.text).toBe(TEXT)
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 5 })
  })

  test('streams, with its count', async () => {
    const chunks = []
    for await (const chunk of await model().stream([told()])) chunks.push(chunk)
    expect(chunks.map(({ text }) => text).join('')).toBe(TEXT)
    expect(chunks).toContainEqual(
      expect.objectContaining({ usage_metadata: expect.objectContaining({ output_tokens: 5 }) }),
    )
  })

  test('calls tools in parallel, and answers with what they gave', async () => {
    const schema = z.object({ a: z.number() })
    const tools = ['add', 'take'].map((called) =>
      tool(({ a }: { a: number }) => a + 1, { name: called, description: called, schema }),
    )
    const asked = told({ tokens: 0, calls: ['add', 'take'] })
    const calling = await model().bindTools(tools).invoke([asked])
    expect(calling.tool_calls?.map((call) => [call.name, call.args])).toEqual([
      ['add', { a: 1 }],
      ['take', { a: 1 }],
    ])
    const results = (calling.tool_calls ?? []).map(
      ({ id = '' }) => new ToolMessage({ content: '2', tool_call_id: id }),
    )
    const answer = await model()
      .bindTools(tools)
      .invoke([asked, calling, ...results])
    expect(answer.text).toBe(TEXT)
  })

  test('gets what fits a schema', async () => {
    const structured = model().withStructuredOutput(z.object({ name: z.string() }), {
      method: 'jsonSchema',
    })
    expect(await structured.invoke([told({ says: '{"name":"Ada"}' })])).toEqual({ name: 'Ada' })
  })

  test('throws for a wrong key and an unknown model', async () => {
    const wrongKey = model({ apiKey: 'sk-no' }).invoke([told()])
    await expect(wrongKey).rejects.toMatchObject({ status: 401 })
    await expect(model({ model: 'none' }).invoke([told()])).rejects.toMatchObject({ status: 404 })
  })

  test('does not ask again without money', async () => {
    const poor = await addCustomer(stand.database.db, { name: `Poor ${name}`, usd: '0' })
    sent = 0
    const asking = model({ apiKey: poor.key, maxRetries: 3 }).invoke([told()])
    await expect(asking).rejects.toThrow(/exceeded your current quota/)
    expect(sent).toBe(1)
  })

  test('asks again when there is no room, and is answered', async () => {
    sent = 0
    const answer = await model({ maxRetries: 3 }).invoke([told({ busyOnce: name })])
    expect([answer.text, sent]).toEqual([TEXT, 2])
  })

  test('never takes a part for the whole', async () => {
    const reading = (async () => {
      const asked = told({ tokens: 9, cutAfter: 4, delayMs: 5 })
      for await (const chunk of await model().stream([asked])) void chunk
    })()
    await expect(reading).rejects.toThrow(/not complete/)
  })
})

test('embeddings', async () => {
  const embeddings = new OpenAIEmbeddings({
    model: 'vectors',
    apiKey: stand.customer.key,
    configuration: configuration(),
  })
  expect(await embeddings.embedDocuments(['a text', 'another'])).toEqual([
    [0, 0.5, -0.25],
    [1, 0.5, -0.25],
  ])
})

test('a plain completion', async () => {
  const model = new OpenAI({
    model: MODEL,
    apiKey: stand.customer.key,
    configuration: configuration(),
  })
  expect(await model.invoke('once')).toBe('word0 word1 word2 ')
})
