/** The AI SDK with its providers, unmodified, each in the dialect that it speaks. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  embed,
  embedMany,
  generateText,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { makeStand, MODEL, untilTrue } from '../../../test/gateway/stand.ts'
import type { Behaviour } from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const TEXT = 'word0 word1 word2 word3 word4 '
/** Every request that a client sent. */
let sent = 0

const settings = (apiKey = stand.customer.key) => ({
  baseURL: `${stand.gateway.url}/v1`,
  apiKey,
  fetch: ((...asked: Parameters<typeof fetch>) => {
    sent += 1
    return fetch(...asked)
  }) as typeof fetch,
})

const compatible = (apiKey?: string) =>
  createOpenAICompatible({
    name: 'spillway',
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...settings(apiKey),
  })

const CLIENTS: Readonly<Record<string, (model: string, apiKey?: string) => LanguageModel>> = {
  'openai, responses': (model, apiKey) => createOpenAI(settings(apiKey))(model),
  'openai, chat': (model, apiKey) => createOpenAI(settings(apiKey)).chat(model),
  anthropic: (model, apiKey) => createAnthropic(settings(apiKey))(model),
  'openai-compatible': (model, apiKey) => compatible(apiKey)(model),
}

const told = (behaviour: Partial<Behaviour> = {}) => ({ prompt: JSON.stringify(behaviour) })

beforeAll(async () => {
  await addModel(stand.database.db, {
    name: 'vectors',
    urls: [stand.simulator.url],
    isEmbedding: true,
  })
  await untilTrue(async () => {
    const answer = await fetch(`${stand.gateway.url}/v1/models/vectors`, {
      headers: { authorization: `Bearer ${stand.customer.key}` },
    })
    return answer.status === 200
  })
})

describe.each(Object.keys(CLIENTS))('%s', (name) => {
  const model = (id = MODEL, apiKey?: string) => CLIENTS[name]?.(id, apiKey) ?? id

  test('generates text, with its count', async () => {
    const { text, usage, finishReason } = await generateText({ model: model(), ...told() })
    expect(text).toBe(TEXT)
    expect([usage.inputTokens, usage.outputTokens, finishReason]).toEqual([11, 5, 'stop'])
  })

  test('streams text, with its count', async () => {
    const result = streamText({ model: model(), ...told() })
    const parts = []
    for await (const part of result.textStream) parts.push(part)
    expect(parts).toEqual(['word0 ', 'word1 ', 'word2 ', 'word3 ', 'word4 '])
    const usage = await result.usage
    expect([usage.inputTokens, usage.outputTokens]).toEqual([11, 5])
  })

  test('runs tools in parallel and answers with what they gave', async () => {
    const ran: string[] = []
    const number = (called: string) =>
      tool({
        description: called,
        inputSchema: z.object({ a: z.number() }),
        execute: ({ a }) => {
          ran.push(called)
          return a + 1
        },
      })
    const { text, steps } = await generateText({
      model: model(),
      tools: { add: number('add'), take: number('take') },
      stopWhen: stepCountIs(2),
      ...told({ tokens: 0, calls: ['add', 'take'] }),
    })
    expect(ran).toEqual(['add', 'take'])
    expect(steps).toHaveLength(2)
    expect(text).toBe(TEXT)
  })

  test('goes on with a conversation, reasoning and calls included', async () => {
    const first = await generateText({
      model: model(),
      tools: { add: tool({ inputSchema: z.object({ a: z.number() }), execute: ({ a }) => a }) },
      ...told({ thinks: 'hm', calls: ['add'] }),
    })
    const asked = {
      model: model(),
      messages: [...first.responseMessages, { role: 'user' as const, content: 'and then?' }],
    }
    // By default this client only names what was answered before, and nothing is stored here.
    const providerOptions = { openai: { store: false } }
    expect((await generateText({ ...asked, providerOptions })).text).toBe(TEXT)
    if (name === 'openai, responses')
      await expect(generateText(asked)).rejects.toThrow(/clients do so with 'store': false/)
  })

  test('gets what fits a schema', async () => {
    const schema = z.object({ name: z.string() })
    const { output } = await generateText({
      model: model(),
      output: Output.object({ schema }),
      ...told({ says: '{"name":"Ada"}' }),
    })
    expect(output).toEqual({ name: 'Ada' })
    const asked = { type: 'object', properties: { name: { type: 'string' } } }
    // Of models that it does not know, its client of messages asks for a schema as a tool.
    expect(stand.simulator.state.lastBody).toMatchObject(
      name === 'anthropic'
        ? { tools: [{ function: { name: 'json', parameters: asked } }] }
        : { response_format: { type: 'json_schema', json_schema: { schema: asked } } },
    )
  })

  test('reads why an answer ended early', async () => {
    const { finishReason } = await generateText({ model: model(), ...told({ finish: 'length' }) })
    expect(finishReason).toBe('length')
  })

  test('throws its own error for a wrong key and an unknown model, and asks once', async () => {
    for (const [wrong, status] of [
      [model(MODEL, 'sk-no'), 401],
      [model('none'), 404],
    ] as const) {
      sent = 0
      const failure = await generateText({ model: wrong, ...told() }).catch(
        (error: unknown) => error,
      )
      expect(APICallError.isInstance(failure)).toBe(true)
      expect(failure).toMatchObject({ statusCode: status, isRetryable: false })
      expect(sent).toBe(1)
    }
  })

  test('asks again when there is no room, and is answered', async () => {
    sent = 0
    const { text } = await generateText({ model: model(), ...told({ busyOnce: name }) })
    expect(text).toBe(TEXT)
    expect(sent).toBe(2)
  })

  test('never takes a part for the whole', async () => {
    const failures: unknown[] = []
    const result = streamText({
      model: model(),
      ...told({ tokens: 9, cutAfter: 4, delayMs: 5 }),
      onError: ({ error }) => void failures.push(error),
    })
    await result.consumeStream()
    expect(failures.length).toBeGreaterThan(0)
    expect(JSON.stringify(failures.map(String)) + JSON.stringify(failures)).toMatch(/not complete/)
  })
})

test('without money the answer says so, whatever a client makes of it', async () => {
  const poor = await addCustomer(stand.database.db, { name: 'Poor', usd: '0' })
  for (const name of ['openai, responses', 'openai, chat', 'openai-compatible']) {
    const model = CLIENTS[name]?.(MODEL, poor.key) ?? MODEL
    const failure = await generateText({ model, maxRetries: 0, ...told() }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ statusCode: 429 })
    expect(String((failure as APICallError).responseBody)).toContain('insufficient_quota')
  }
})

test.each(['openai', 'openai-compatible'] as const)('%s makes embeddings', async (name) => {
  const model =
    name === 'openai'
      ? createOpenAI(settings()).embedding('vectors')
      : compatible().embeddingModel('vectors')
  const one = await embed({ model, value: 'a text' })
  expect(one.embedding).toEqual([0, 0.5, -0.25])
  const many = await embedMany({ model, values: ['a text', 'another'] })
  expect(many.embeddings).toEqual([
    [0, 0.5, -0.25],
    [1, 0.5, -0.25],
  ])
  expect(many.usage.tokens).toBe(22)
})

test('a plain completion', async () => {
  const model = createOpenAI(settings()).completion(MODEL)
  const { text, usage } = await generateText({ model, prompt: 'once' })
  expect([text, usage.outputTokens]).toEqual(['word0 word1 word2 ', 3])
})
