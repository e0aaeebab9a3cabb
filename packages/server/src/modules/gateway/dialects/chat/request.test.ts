import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ModelRequest } from '../../frame/dialect.ts'
import { estimateInputTokens } from '../../frame/estimate.ts'
import { renderBody } from '../../providers/openai/request.ts'
import { chat } from './dialect.ts'
import { parseChatRequest } from './request.ts'

const hello = [{ role: 'user', content: 'hello' }]
const parse = (body: unknown) =>
  parseChatRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))

function parsed(body: object): ModelRequest {
  const request = parse(body)
  if (request.kind !== 'request') throw new Error(request.error.message)
  return request
}

const withField = (name: string, value: unknown) => ({ model: 'm', messages: hello, [name]: value })

const REFUSED: readonly {
  name: string
  body: unknown
  param: string | null
  code: string | null
  says: RegExp
}[] = [
  {
    name: 'text that is not JSON',
    body: '{"model":',
    param: null,
    code: null,
    says: /could not parse the JSON/,
  },
  { name: 'no body', body: '', param: null, code: null, says: /could not parse the JSON/ },
  { name: 'an array', body: [], param: null, code: null, says: /could not parse the JSON/ },
  {
    name: 'no model',
    body: { messages: hello },
    param: 'model',
    code: 'missing_required_parameter',
    says: /'model'/,
  },
  {
    name: 'a model that is no text',
    body: { model: 3, messages: hello },
    param: 'model',
    code: 'invalid_type',
    says: /expected a string, but got an integer instead/,
  },
  {
    name: 'no messages',
    body: { model: 'm' },
    param: 'messages',
    code: 'missing_required_parameter',
    says: /Missing required parameter: 'messages'/,
  },
  {
    name: 'messages that are text',
    body: { model: 'm', messages: 'hi' },
    param: 'messages',
    code: 'invalid_type',
    says: /expected an array of objects, but got a string instead/,
  },
  {
    name: 'empty messages',
    body: { model: 'm', messages: [] },
    param: 'messages',
    code: 'empty_array',
    says: /^Invalid 'messages': empty array\. Expected an array with minimum length 1/,
  },
  {
    name: 'a message that is text',
    body: { model: 'm', messages: ['hi'] },
    param: 'messages[0]',
    code: 'invalid_type',
    says: /expected an object/,
  },
  {
    name: 'a message without role',
    body: { model: 'm', messages: [{ content: 'x' }] },
    param: 'messages[0].role',
    code: 'missing_required_parameter',
    says: /role/,
  },
  {
    name: 'an unknown role',
    body: { model: 'm', messages: [{ role: 'boss', content: 'x' }] },
    param: 'messages[0].role',
    code: 'invalid_value',
    says: /Supported values are: 'system'/,
  },
  {
    name: 'a message without content',
    body: { model: 'm', messages: [...hello, { role: 'user' }] },
    param: 'messages[1].content',
    code: 'missing_required_parameter',
    says: /messages\[1\]/,
  },
  {
    name: 'content that is a number',
    body: { model: 'm', messages: [{ role: 'user', content: 7 }] },
    param: 'messages[0].content',
    code: 'invalid_type',
    says: /one of a string or array of objects, but got an integer/,
  },
  {
    name: 'a text part without text',
    body: { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    param: 'messages[0].content[0].text',
    code: 'missing_required_parameter',
    says: /text/,
  },
  {
    name: 'stream as text',
    body: withField('stream', 'true'),
    param: 'stream',
    code: 'invalid_type',
    says: /expected a boolean, but got a string/,
  },
  {
    name: 'max_tokens of zero',
    body: withField('max_tokens', 0),
    param: 'max_tokens',
    code: 'integer_below_min_value',
    says: /Expected a value >= 1, but got 0 instead/,
  },
  {
    name: 'max_tokens with a fraction',
    body: withField('max_tokens', 1.5),
    param: 'max_tokens',
    code: 'invalid_type',
    says: /expected an integer, but got a decimal number/,
  },
  {
    name: 'max_tokens beyond all numbers',
    body: '{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":1e999}',
    param: 'max_tokens',
    code: 'invalid_type',
    says: /expected an integer/,
  },
  {
    name: 'temperature of three',
    body: withField('temperature', 3),
    param: 'temperature',
    code: 'decimal_above_max_value',
    says: /Expected a value <= 2, but got 3/,
  },
  {
    name: 'no choices',
    body: withField('n', 0),
    param: 'n',
    code: 'integer_below_min_value',
    says: />= 1/,
  },
  {
    name: 'stream_options without a stream',
    body: withField('stream_options', { include_usage: true }),
    param: 'stream_options',
    code: null,
    says: /only allowed when 'stream' is enabled/,
  },
  {
    name: 'include_usage as text',
    body: { ...withField('stream', true), stream_options: { include_usage: 'yes' } },
    param: 'stream_options.include_usage',
    code: 'invalid_type',
    says: /boolean/,
  },
]

test.each(REFUSED)('$name is refused in OpenAI\u2019s shape', ({ body, param, code, says }) => {
  const refusal = parse(body)
  expect(refusal).toMatchObject({
    kind: 'refusal',
    status: 400,
    error: { type: 'invalid_request_error', param, code },
  })
  if (refusal.kind === 'refusal') expect(refusal.error.message).toMatch(says)
})

test('bytes that are not UTF-8 are not JSON', () => {
  const text = Buffer.from('{"model":"m","messages":[{"role":"user","content":"x"}]}')
  text[text.indexOf('x')] = 0xff
  expect(parseChatRequest(text)).toMatchObject({ kind: 'refusal', status: 400 })
})

test('nothing that could be sent makes the reader fail', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (messages, value, options) => {
      const bodies = [
        value,
        { model: 'm', messages },
        { ...withField('stream', true), stream_options: options },
      ]
      for (const body of bodies) expect(['request', 'refusal']).toContain(parse(body).kind)
    }),
  )
})

test('null is an absent field, an assistant may speak by tools alone, parts may be text', () => {
  const request = parsed({
    model: 'm',
    messages: [
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }] },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    ],
    max_tokens: null,
    temperature: null,
    stream_options: null,
  })
  expect(request).toMatchObject({
    outputTokensMax: null,
    isStream: false,
    hasOpaqueInput: false,
    choices: 1,
  })
})

test('of two bounds on the output the larger is assumed', () => {
  const both = { ...withField('max_tokens', 5), max_completion_tokens: 50 }
  expect(parsed(both).outputTokensMax).toBe(50)
})

test('an image makes the prompt opaque', () => {
  const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }
  expect(
    parsed({ model: 'm', messages: [{ role: 'user', content: [image] }] }).hasOpaqueInput,
  ).toBe(true)
})

test('the bytes counted are never fewer than the text within', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (content) => {
      const request = parsed({ model: 'm', messages: [{ role: 'user', content }] })
      expect(request.bodyBytes).toBeGreaterThanOrEqual(Buffer.byteLength(content))
    }),
  )
})

const replica = { upstreamModel: 'm', kind: 'replica' as const }
const upstream = { upstreamModel: 'theirs', kind: 'upstream' as const }
const rendered = (request: ModelRequest, target: typeof replica | typeof upstream) =>
  JSON.parse(renderBody(request.body, request, target)) as Record<string, unknown>

test('unknown fields pass, the model gets the server\u2019s own name', () => {
  const request = parsed(withField('top_k', 40))
  expect(rendered(request, upstream)).toEqual({ model: 'theirs', messages: hello, top_k: 40 })
  expect(rendered(request, replica)).toEqual({ model: 'm', messages: hello, top_k: 40 })
})

test('a stream is always asked for its count, and a replica for a running one', () => {
  const request = parsed({
    ...withField('stream', true),
    stream_options: { include_usage: false, other: 1 },
  })
  expect(rendered(request, upstream)['stream_options']).toEqual({ include_usage: true, other: 1 })
  expect(rendered(request, replica)['stream_options']).toEqual({
    include_usage: true,
    continuous_usage_stats: true,
    other: 1,
  })
})

test('a repeated key means to the server what it meant to the admission', () => {
  const request = parse(
    '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"max_tokens":9}',
  )
  if (request.kind !== 'request') throw new Error('refused')
  expect(request.outputTokensMax).toBe(9)
  expect(renderBody(request.body, request, replica).match(/max_tokens/g)).toHaveLength(1)
  expect(rendered(request, replica)['max_tokens']).toBe(9)
})

test('a prompt that nobody counted is guessed at four bytes a token', () => {
  expect(
    estimateInputTokens(
      chat,
      parsed({ model: 'm', messages: [{ role: 'user', content: 'abcdefgh' }] }),
    ),
  ).toBe(2)
})
