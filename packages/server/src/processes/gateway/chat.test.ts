import { createHmac } from 'node:crypto'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { PEPPER } from '../../../test/gateway/installation.ts'
import { ask, makeStand, MODEL, readEvents, told } from '../../../test/gateway/stand.ts'

const stand = await makeStand()

const client = () =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey: stand.customer.key, maxRetries: 0 })
const hello = [{ role: 'user' as const, content: 'hello' }]

test('the official client gets a completion', async () => {
  const completion = await client().chat.completions.create({ model: MODEL, messages: hello })
  expect(completion.choices[0]?.message.content).toBe('word0 word1 word2 word3 word4 ')
  expect(completion.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 5 })
})

test('the official client gets a stream, without a count it did not ask for', async () => {
  const stream = await client().chat.completions.create({
    model: MODEL,
    messages: hello,
    stream: true,
  })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  expect(chunks.map(({ choices }) => choices[0]?.delta.content).join('')).toBe(
    'word0 word1 word2 word3 word4 ',
  )
  expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
})

test('the official client gets the count it asked for', async () => {
  const options = {
    model: MODEL,
    messages: hello,
    stream: true,
    stream_options: { include_usage: true },
  } as const
  const chunks = []
  for await (const chunk of await client().chat.completions.create(options)) chunks.push(chunk)
  expect(chunks.at(-1)).toMatchObject({
    choices: [],
    usage: { prompt_tokens: 11, completion_tokens: 5 },
  })
  expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
})

test('chunks pass one by one and [DONE] ends them', async () => {
  const response = await ask({
    url: stand.gateway.url,
    key: stand.customer.key,
    body: told({ tokens: 3 }, { stream: true }),
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/)
  const events = await readEvents(response)
  expect(events).toHaveLength(5)
  expect(events.at(-1)).toBe('[DONE]')
})

test('the official client lists models and finds one', async () => {
  const models = (await client().models.list()).data
  expect(models.map(({ id }) => id)).toEqual([MODEL])
  expect(await client().models.retrieve(MODEL)).toMatchObject({
    id: MODEL,
    object: 'model',
    owned_by: 'spillway',
    x_spillway: {
      is_toy: true,
      is_ready: true,
      price: {
        input: { amount_usd: '1', per: '1000000', unit: 'token' },
        cached_response: { amount_usd: '0.1', per: '1000000', unit: 'token' },
      },
    },
  })
  await expect(client().models.retrieve('nope')).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  })
})

test('a browser that is signed in to the console asks with its cookie, from the console alone', async () => {
  // given
  const { apiKeyId } = stand.customer
  await stand.database.db
    .insertInto('session')
    .values({
      secret_hash: createHmac('sha256', PEPPER).update('cookie-secret').digest('base64url'),
      api_key_id: apiKeyId,
      created_at: new Date(),
      expires_at: new Date(Date.now() + 60_000),
    })
    .execute()
  const send = (site: string) =>
    fetch(`${stand.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { cookie: 'spillway_session=cookie-secret', 'sec-fetch-site': site },
      body: JSON.stringify(told({})),
    })
  // then
  expect((await send('same-origin')).status).toBe(200)
  expect((await send('cross-site')).status).toBe(403)
})

test('fields that the gateway does not know reach the server', async () => {
  await ask({ url: stand.gateway.url, key: stand.customer.key, body: told({}, { top_k: 7 }) })
  expect(stand.simulator.state.lastBody).toMatchObject({ model: MODEL, top_k: 7 })
})
