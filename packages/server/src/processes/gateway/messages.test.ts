/** Anthropic's official client, unmodified, in front of a server that speaks OpenAI's dialect. */
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import { addCustomer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const client = (apiKey = stand.customer.key) =>
  new Anthropic({ baseURL: stand.gateway.url, apiKey, maxRetries: 0 })
const hello = {
  model: MODEL,
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'hello' }],
}
const TEXT = 'word0 word1 word2 word3 word4 '

test('the official client gets a message', async () => {
  const message = await client().messages.create(hello)
  expect(message).toMatchObject({
    type: 'message',
    role: 'assistant',
    model: MODEL,
    content: [{ type: 'text', text: TEXT }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 11, output_tokens: 5 },
  })
  expect(stand.simulator.state.lastBody).toMatchObject({ model: MODEL, max_tokens: 100 })
})

test('the official client gets a stream, and the same message at its end', async () => {
  const stream = client().messages.stream(hello)
  const types: string[] = []
  stream.on('streamEvent', ({ type }) => types.push(type))
  const message = await stream.finalMessage()
  expect(message.content).toMatchObject([{ type: 'text', text: TEXT }])
  expect(message.usage).toMatchObject({ input_tokens: 11, output_tokens: 5 })
  expect(types.at(0)).toBe('message_start')
  expect(types.at(-1)).toBe('message_stop')
})

test('what is streamed and what is not is charged alike', async () => {
  const charged = await untilTrue(async () => {
    await postJournals({ db: stand.database.db, folders: stand.folders, isWriterAlive: () => true })
    const all = await chargedOf(stand.database.db, stand.customer.organizationId)
    return all.events >= 2 ? all : null
  })
  expect(charged).toEqual({ events: 2, input: 22, output: 10 })
})

test('the official client counts tokens', async () => {
  const { max_tokens: _, ...question } = hello
  expect((await client().messages.countTokens(question)).input_tokens).toBeGreaterThan(0)
})

test('the official client lists models and finds one', async () => {
  const { data } = await client().models.list()
  expect(data).toMatchObject([{ type: 'model', id: MODEL }])
  expect(await client().models.retrieve(MODEL)).toMatchObject({ type: 'model', id: MODEL })
})

describe('refusals are in the words of the dialect', () => {
  test.each([
    { name: 'a wrong key', key: 'sk-no', body: hello, status: 401, type: 'authentication_error' },
    {
      name: 'an unknown model',
      body: { ...hello, model: 'none' },
      status: 404,
      type: 'not_found_error',
    },
    {
      name: 'a body without a bound',
      body: { model: MODEL, messages: hello.messages },
      status: 400,
      type: 'invalid_request_error',
    },
    {
      name: 'what the server cannot take',
      body: {
        ...hello,
        messages: [
          {
            role: 'user',
            content: [{ type: 'document', source: { type: 'text', data: 'x' } }],
          },
        ],
      },
      status: 400,
      type: 'invalid_request_error',
    },
  ])('$name', async ({ key, body, status, type }) => {
    const asking = client(key).messages.create(body as never)
    await expect(asking).rejects.toMatchObject({
      status,
      error: { type: 'error', error: { type } },
    })
  })

  test('no money is a matter of billing, and not tried again', async () => {
    const poor = await addCustomer(stand.database.db, { name: 'Poor', usd: '0' })
    await expect(client(poor.key).messages.create(hello)).rejects.toMatchObject({
      status: 402,
      error: { error: { type: 'billing_error' } },
    })
  })

  test('a busy server is an overloaded one', async () => {
    const behaviour = told({ status: 429, error: { message: 'slow' } }, { max_tokens: 5 })
    await expect(client().messages.create(behaviour as never)).rejects.toMatchObject({
      status: 529,
      error: { error: { type: 'overloaded_error' } },
    })
  })

  test('a stream that breaks ends with an error and no message_stop', async () => {
    const behaviour = told({ tokens: 9, failAfter: 4, delayMs: 5 }, { max_tokens: 50 })
    const types: string[] = []
    const stream = client().messages.stream(behaviour as never)
    stream.on('streamEvent', ({ type }) => types.push(type))
    await expect(stream.finalMessage()).rejects.toThrow(/not complete/)
    expect(types).toContain('content_block_delta')
    expect(types).not.toContain('message_stop')
  })

  test('what fails before the first output has a real status', async () => {
    const behaviour = told({ failAfter: 0 }, { max_tokens: 50, stream: true })
    await expect(client().messages.create(behaviour as never)).rejects.toMatchObject({
      status: 502,
    })
  })
})
