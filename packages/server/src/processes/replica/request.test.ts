import { describe, expect, test } from 'vitest'
import { parseChat, parseCount } from './request.ts'

const MESSAGES = [{ role: 'user', content: 'Hello' }]
const chat = (extra: object = {}) => parseChat({ model: 'toy', messages: MESSAGES, ...extra })

describe('a chat request', () => {
  test('needs little, and leaves sampling to the defaults of llama.cpp', () => {
    expect(chat()).toEqual({
      kind: 'request',
      request: {
        model: 'toy',
        messages: [{ role: 'user', text: 'Hello' }],
        isStreamed: false,
        includesUsage: false,
        includesRunningUsage: false,
        maxTokens: null,
        stops: [],
        sampling: {
          temperature: 0.8,
          topP: 0.95,
          topK: 40,
          minP: 0.05,
          seed: null,
          frequencyPenalty: 0,
          presencePenalty: 0,
        },
        format: null,
      },
    })
  })

  test.each([
    [
      'the newer name of the limit first',
      { max_tokens: 5, max_completion_tokens: 7 },
      { maxTokens: 7 },
    ],
    ['the older name of the limit', { max_tokens: 5 }, { maxTokens: 5 }],
    [
      'nulls as absent',
      { max_tokens: null, stop: null, stream: null },
      { maxTokens: null, stops: [] },
    ],
    ['one stop string', { stop: 'END' }, { stops: ['END'] }],
    ['several stop strings', { stop: ['a', 'b'] }, { stops: ['a', 'b'] }],
    ['a seed of any size and sign', { seed: -1 }, { sampling: { seed: 2 ** 32 - 1 } }],
    ['greedy decoding', { temperature: 0 }, { sampling: { temperature: 0 } }],
    ['fields it has never heard of', { user: 'me', metadata: {} }, { model: 'toy' }],
    [
      'text parts, and the developer as the system',
      {
        messages: [
          {
            role: 'developer',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
        ],
      },
      { messages: [{ role: 'system', text: 'ab' }] },
    ],
  ])('takes %s', (_, extra, want) => {
    expect(chat(extra)).toMatchObject({ kind: 'request', request: want })
  })

  test.each([
    ['no messages', { messages: [] }, 'messages', /at least one message/],
    ['an unknown role', { messages: [{ role: 'robot', content: '' }] }, 'messages.0.role', /user/],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages.0.content',
      /text parts/,
    ],
    ['a limit of nothing', { max_tokens: 0 }, 'max_tokens', /max_tokens/],
    ['five stop strings', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', /stop/],
    ['a stop string of nothing', { stop: '' }, 'stop', /stop/],
    ['two choices', { n: 2 }, 'n', /only one choice/],
    ['tools', { tools: [{}] }, 'tools', /tools are not offered/],
    [
      'a grammar as the format',
      { response_format: { type: 'grammar' } },
      'response_format.type',
      /json_schema/,
    ],
    ['a temperature of three', { temperature: 3 }, 'temperature', /temperature/],
  ])('refuses %s by name', (_, extra, wantParam, wantMessage) => {
    const parsed = chat(extra)
    if (parsed.kind !== 'refused') throw new Error('it was taken')
    expect(parsed.refused.refusal).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: wantParam,
      message: expect.stringMatching(wantMessage),
    })
  })

  test('counts what else is wrong', () => {
    const parsed = parseChat({})
    if (parsed.kind !== 'refused') throw new Error('it was taken')
    expect(parsed.refused.refusal.message).toMatch(/model parameter \(and 1 more\)/)
  })
})

describe('a request to count tokens', () => {
  test('names messages or a prompt', () => {
    expect(parseCount({ messages: MESSAGES })).toEqual({
      kind: 'messages',
      messages: [{ role: 'user', text: 'Hello' }],
    })
    expect(parseCount({ prompt: '' })).toEqual({ kind: 'prompt', prompt: '' })
    expect(parseCount({})).toMatchObject({ kind: 'refused' })
  })
})
