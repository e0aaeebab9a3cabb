import OpenAI from 'openai'
import { beforeAll, expect, test } from 'vitest'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { ask, makeStand, MODEL, told } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const asked = { poor: '' }

beforeAll(async () => {
  asked.poor = (await addCustomer(stand.database.db, { name: 'Poor', usd: '0' })).key
  await addModel(stand.database.db, { name: 'nobody', urls: [] })
})

const hello = [{ role: 'user' as const, content: 'hello' }]

interface Case {
  readonly name: string
  readonly body?: unknown
  readonly key?: () => string
  readonly path?: string
  readonly method?: string
  readonly want: {
    readonly status: number
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

const invalid = (status: number, code: string | null, param: string | null = null) => ({
  status,
  type: 'invalid_request_error',
  param,
  code,
})

const CASES: readonly Case[] = [
  { name: 'no key', key: () => '', want: invalid(401, null) },
  {
    name: 'a key that is not ours',
    key: () => 'sk-proj-0123456789abcdef0123',
    want: invalid(401, 'invalid_api_key'),
  },
  {
    name: 'a mistyped key',
    key: () => `${stand.customer.key.slice(0, -1)}!`,
    want: invalid(401, 'invalid_api_key'),
  },
  {
    name: 'an unknown model',
    body: { model: 'gpt-9', messages: hello },
    want: invalid(404, 'model_not_found', 'model'),
  },
  { name: 'malformed JSON', body: '{"model":', want: invalid(400, null) },
  {
    name: 'JSON nested beyond reason',
    body: `{"model":"${MODEL}","messages":[{"role":"user","content":"x"}],"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    want: invalid(400, null),
  },
  {
    name: 'empty messages',
    body: { model: MODEL, messages: [] },
    want: invalid(400, 'empty_array', 'messages'),
  },
  {
    name: 'a wrong type',
    body: { model: MODEL, messages: hello, temperature: 'hot' },
    want: invalid(400, 'invalid_type', 'temperature'),
  },
  {
    name: 'a prompt that the server finds too long',
    body: told({
      status: 400,
      error: {
        message: "This model's maximum context length is 1000 tokens.",
        code: 'context_length_exceeded',
      },
    }),
    want: invalid(400, 'context_length_exceeded', 'messages'),
  },
  {
    name: 'a balance of zero',
    key: () => asked.poor,
    body: { model: MODEL, messages: hello },
    want: { status: 429, type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
  },
  {
    name: 'a model that nobody serves now',
    body: { model: 'nobody', messages: hello },
    want: { status: 503, type: 'server_error', param: null, code: 'model_not_ready' },
  },
  { name: 'an unknown address', path: '/v1/telepathy', want: invalid(404, 'unknown_url') },
  { name: 'the root of the API', path: '/v1', want: invalid(404, 'unknown_url') },
  { name: 'a wrong method', method: 'GET', want: invalid(405, 'method_not_supported') },
  {
    name: 'a body beyond the limit',
    body: `{"x":"${'x'.repeat(17 * 1024 * 1024)}"}`,
    want: invalid(413, 'request_too_large'),
  },
]

test.each(CASES)(
  '$name gets OpenAI\u2019s error',
  async ({ body = {}, key, path = '/v1/chat/completions', method = 'POST', want }) => {
    const credential = key ? key() : stand.customer.key
    const response = await fetch(`${stand.gateway.url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(credential ? { authorization: `Bearer ${credential}` } : {}),
      },
      ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const { error } = (await response.json()) as { error: Record<string, unknown> }
    expect({
      status: response.status,
      type: error['type'],
      param: error['param'],
      code: error['code'],
    }).toEqual(want)
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type'])
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  },
)

test('the official client tells exhausted credit from too many requests, and does not try again', async () => {
  const client = new OpenAI({
    baseURL: `${stand.gateway.url}/v1`,
    apiKey: asked.poor,
    maxRetries: 2,
  })
  const before = stand.simulator.state.requests
  const attempt = client.chat.completions.create({ model: MODEL, messages: hello })
  await expect(attempt).rejects.toMatchObject({
    status: 429,
    code: 'insufficient_quota',
    type: 'insufficient_quota',
  })
  expect(stand.simulator.state.requests).toBe(before)
})

test('the secret of a wrong key is not repeated', async () => {
  const key = 'sk-proj-0123456789abcdef0123'
  const response = await ask({ url: stand.gateway.url, key, body: {} })
  expect(await response.text()).not.toContain(key)
})

test('a browser signed in to the console may ask, another page in it may not', async () => {
  const { headers } = await fetch(`${stand.gateway.url}/v1/models`, {
    headers: { cookie: 'spillway_session=unknown' },
  })
  expect(headers.get('content-type')).toBe('application/json')
  const crossSite = await fetch(`${stand.gateway.url}/v1/models`, {
    headers: { cookie: 'spillway_session=unknown', 'sec-fetch-site': 'cross-site' },
  })
  expect(crossSite.status).toBe(403)
})
