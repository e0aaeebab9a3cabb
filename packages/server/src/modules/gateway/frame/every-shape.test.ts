/** Whatever shape a server counts in, and whatever the client speaks: streamed = in one piece = what the server counted. */
import { describe, expect, test } from 'vitest'
import type { Quantities } from '../charge.ts'
import { DIALECTS } from '../dialects/index.ts'
import { isObject } from '../json.ts'
import { readUsage as readMessagesUsage } from '../providers/anthropic/usage.ts'
import { PROVIDERS } from '../providers/index.ts'
import { readUsage as readChatUsage } from '../providers/openai/usage.ts'
import { StreamRelay } from '../stream-relay.ts'
import { bill, deliver, EMPTY_TALLY } from '../usage.ts'
import { Crossing } from './crossing.ts'
import type { AnswerContext, DialectName } from './dialect.ts'

type Json = Readonly<Record<string, unknown>>

interface Shape {
  readonly name: string
  readonly provider: keyof typeof PROVIDERS
  readonly stream: readonly (Json | string)[]
  readonly whole: Json
  readonly want: Quantities
}

const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const chunk = (delta: Json, finish: string | null = null, usage?: Json) => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...(usage ? { usage } : {}),
})
const completion = (usage: Json, message: Json = { role: 'assistant', content: 'ab' }) => ({
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage,
})
const counted = (input: number, output: number, more: Json = {}) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  ...more,
})
const a = chunk({ role: 'assistant', content: 'a' })
const b = chunk({ content: 'b' }, 'stop')
const plain = counted(9, 2)
const classes = counted(90, 20, {
  prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 5 },
  completion_tokens_details: { reasoning_tokens: 12 },
})
const greedy = counted(9, 2, {
  prompt_tokens_details: { cached_tokens: 900 },
  completion_tokens_details: { reasoning_tokens: 30 },
})

const start = (usage: Json) => ({
  type: 'message_start',
  message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage },
})
const block = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ab' } },
  { type: 'content_block_stop', index: 0 },
]
const end = (usage: Json, reason = 'end_turn') => [
  { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage },
  { type: 'message_stop' },
]
const message = (usage: Json, reason = 'end_turn') => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'ab' }],
  stop_reason: reason,
  usage,
})
/** A chunk of Gemini's, which a whole answer looks like too. */
const generated = (text: string, usageMetadata: Json, finishReason?: string) => ({
  candidates: [
    {
      content: { role: 'model', parts: [{ text }] },
      index: 0,
      ...(finishReason === undefined ? {} : { finishReason }),
    },
  ],
  usageMetadata,
  responseId: 'r',
})
const thought = {
  promptTokenCount: 90,
  cachedContentTokenCount: 60,
  candidatesTokenCount: 8,
  thoughtsTokenCount: 12,
  totalTokenCount: 110,
}

const conversed = (usage: Json) => [
  { type: 'messageStart', role: 'assistant' },
  { type: 'contentBlockDelta', contentBlockIndex: 0, delta: { text: 'ab' } },
  { type: 'contentBlockStop', contentBlockIndex: 0 },
  { type: 'messageStop', stopReason: 'end_turn' },
  { type: 'metadata', usage },
]
const conversation = (usage: Json) => ({
  output: { message: { role: 'assistant', content: [{ text: 'ab' }] } },
  stopReason: 'end_turn',
  usage,
})
const beside = {
  ...{ inputTokens: 25, outputTokens: 2, totalTokens: 92 },
  ...{ cacheReadInputTokens: 60, cacheWriteInputTokens: 5 },
}

const cached = { cache_read_input_tokens: 60, cache_creation_input_tokens: 5 }

const SHAPES: readonly Shape[] = [
  {
    name: 'a last chunk without choices',
    provider: 'openai',
    stream: [a, b, { ...head, choices: [], usage: plain }, '[DONE]'],
    whole: completion(plain),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'a last chunk with choices',
    provider: 'openai',
    stream: [a, chunk({ content: 'b' }, 'stop', plain), '[DONE]'],
    whole: completion(plain),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'a last chunk that repeats an empty choice',
    provider: 'openai',
    stream: [a, b, chunk({ content: '' }, null, plain), '[DONE]'],
    whole: completion(plain),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'a count in every chunk',
    provider: 'openai',
    stream: [
      chunk({ content: 'a' }, null, counted(9, 1)),
      chunk({ content: 'b' }, 'stop', plain),
      '[DONE]',
    ],
    whole: completion(plain),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'an answer cut by its bound',
    provider: 'openai',
    stream: [a, chunk({}, 'length'), { ...head, choices: [], usage: plain }, '[DONE]'],
    whole: completion(plain),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'cached, written to the cache, reasoned',
    provider: 'openai',
    stream: [a, b, { ...head, choices: [], usage: classes }, '[DONE]'],
    whole: completion(classes),
    want: {
      inputTokens: 90,
      outputTokens: 20,
      cachedInputTokens: 60,
      cacheWriteTokens: 5,
      reasoningTokens: 12,
    },
  },
  {
    name: 'classes larger than their whole',
    provider: 'openai',
    stream: [a, b, { ...head, choices: [], usage: greedy }, '[DONE]'],
    whole: completion(greedy),
    want: { inputTokens: 9, outputTokens: 2, cachedInputTokens: 9, reasoningTokens: 2 },
  },
  {
    name: 'cached as another field says it',
    provider: 'openai',
    stream: [
      a,
      b,
      { ...head, choices: [], usage: { ...plain, prompt_cache_hit_tokens: 4 } },
      '[DONE]',
    ],
    whole: completion({ ...plain, prompt_cache_hit_tokens: 4 }),
    want: { inputTokens: 9, outputTokens: 2, cachedInputTokens: 4 },
  },
  {
    name: 'the input at the start, the output at the end',
    provider: 'anthropic',
    stream: [start({ input_tokens: 9, output_tokens: 1 }), ...block, ...end({ output_tokens: 2 })],
    whole: message({ input_tokens: 9, output_tokens: 2 }),
    want: { inputTokens: 9, outputTokens: 2, cachedInputTokens: 0, cacheWriteTokens: 0 },
  },
  {
    name: 'both again at the end',
    provider: 'anthropic',
    stream: [
      start({ input_tokens: 8, output_tokens: 1 }),
      ...block,
      ...end({ input_tokens: 9, output_tokens: 2 }, 'max_tokens'),
    ],
    whole: message({ input_tokens: 9, output_tokens: 2 }, 'max_tokens'),
    want: { inputTokens: 9, outputTokens: 2, cachedInputTokens: 0, cacheWriteTokens: 0 },
  },
  {
    name: 'cached and written, beside the input',
    provider: 'anthropic',
    stream: [
      start({ input_tokens: 9, output_tokens: 1, ...cached }),
      ...block,
      ...end({ output_tokens: 2 }),
    ],
    whole: message({ input_tokens: 9, output_tokens: 2, ...cached }),
    want: { inputTokens: 74, outputTokens: 2, cachedInputTokens: 60, cacheWriteTokens: 5 },
  },
  {
    name: 'OpenAI\u2019s, behind a deployment, with a chunk about the prompt before all',
    provider: 'azure',
    stream: [
      { ...head, choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      a,
      b,
      { ...head, choices: [], usage: classes },
      '[DONE]',
    ],
    whole: completion(classes),
    want: {
      inputTokens: 90,
      outputTokens: 20,
      cachedInputTokens: 60,
      cacheWriteTokens: 5,
      reasoningTokens: 12,
    },
  },
  {
    name: 'a count that grows with each chunk',
    provider: 'gemini',
    stream: [
      generated('a', { promptTokenCount: 9, candidatesTokenCount: 1 }),
      generated('b', { promptTokenCount: 9, candidatesTokenCount: 2 }, 'STOP'),
    ],
    whole: generated('ab', { promptTokenCount: 9, candidatesTokenCount: 2 }, 'STOP'),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'thoughts beside the output, the cached within the input',
    provider: 'gemini',
    stream: [generated('a', { promptTokenCount: 90 }), generated('b', thought, 'MAX_TOKENS')],
    whole: generated('ab', thought, 'MAX_TOKENS'),
    want: { inputTokens: 90, outputTokens: 20, cachedInputTokens: 60, reasoningTokens: 12 },
  },
  {
    name: 'after the end',
    provider: 'bedrock',
    stream: conversed({ inputTokens: 9, outputTokens: 2, totalTokens: 11 }),
    whole: conversation({ inputTokens: 9, outputTokens: 2, totalTokens: 11 }),
    want: { inputTokens: 9, outputTokens: 2 },
  },
  {
    name: 'cached and written, beside the input, after the end',
    provider: 'bedrock',
    stream: conversed(beside),
    whole: conversation(beside),
    want: { inputTokens: 90, outputTokens: 2, cachedInputTokens: 60, cacheWriteTokens: 5 },
  },
]

type Told = 'chat' | 'messages' | 'responses'

/** A response's usage, by the names that a chat has for it. */
function readResponsesUsage(usage: unknown): Quantities | null {
  if (!isObject(usage)) return null
  const { input_tokens: input, input_tokens_details: read } = usage
  const { output_tokens: output, output_tokens_details: written } = usage
  return readChatUsage({
    prompt_tokens: input,
    prompt_tokens_details: read,
    completion_tokens: output,
    completion_tokens_details: written,
  })
}

const READERS = {
  chat: readChatUsage,
  messages: readMessagesUsage,
  responses: readResponsesUsage,
}

function askedIn(dialect: DialectName): Json {
  if (dialect === 'responses') return { model: 'm', input: 'hello', max_output_tokens: 9 }
  return { model: 'm', messages: [{ role: 'user', content: 'hello' }], max_tokens: 9 }
}

function contextFor(dialect: DialectName, isStream: boolean): AnswerContext {
  const body = { ...askedIn(dialect), stream: isStream }
  const asked = { ...body, ...(isStream && dialect === 'chat' ? OPTIONS : {}) }
  const request = DIALECTS[dialect].parse(Buffer.from(JSON.stringify(asked)))
  if (request.kind === 'refusal') throw new Error(request.error.message)
  return { request, model: 'm', id: '1', createdS: 1 }
}

const OPTIONS = { stream_options: { include_usage: true } }

const eventOf = (json: Json | string) => {
  const data = typeof json === 'string' ? json : JSON.stringify(json)
  const named = typeof json === 'string' ? '' : json['type']
  const type = typeof named === 'string' ? named : ''
  return `${type === '' ? '' : `event: ${type}\n`}data: ${data}\n\n`
}

function stream({ provider, stream: events }: Shape, dialect: Told) {
  const context = contextFor(dialect, true)
  const { [provider]: server } = PROVIDERS
  const passage =
    server.dialect === dialect
      ? DIALECTS[dialect].openPassage(context, { isRenamed: false, reader: server.openReader() })
      : new Crossing(server.openReader(), DIALECTS[dialect].openWriter(context))
  const relay = new StreamRelay(passage, 1)
  const sent = relay.push(Buffer.from(events.map(eventOf).join('')))
  // Some end with the connection.
  relay.close()
  expect(relay.state).toEqual({ kind: 'complete' })
  const used = bill(relay.tally, () => 1)
  return { used, text: sent + relay.ending(used) }
}

/** The last count that a client reads in what it got. */
function shownIn(text: string, dialect: Told): Quantities | null {
  let shown: Quantities | null = null
  for (const line of text.split('\n')) {
    const json = line.startsWith('data: {') ? (JSON.parse(line.slice(6)) as Json) : {}
    const { message: begun, response } = json as { message?: Json; response?: Json }
    const usage = json['usage'] ?? begun?.['usage'] ?? response?.['usage']
    shown = READERS[dialect](usage, shown) ?? shown
  }
  return shown
}

const noZero = (used: Quantities | null) =>
  Object.fromEntries(Object.entries(used ?? {}).filter(([, count]) => count !== 0))

describe.each(SHAPES)('T1: $provider: $name', (shape) => {
  test.each(['chat', 'messages', 'responses'] as const)('to a client of %s', (dialect) => {
    const { used, text } = stream(shape, dialect)
    expect(used).toEqual({ ...shape.want, isEstimated: false })

    const provider = PROVIDERS[shape.provider]
    const answer = provider.readAnswer(JSON.stringify(shape.whole))
    if (!answer) throw new Error('it is an answer')
    const whole = bill(deliver(EMPTY_TALLY, answer), () => 1)
    expect(whole).toEqual(used)

    const rendered = JSON.parse(
      DIALECTS[dialect].renderAnswer(
        contextFor(dialect, false),
        provider.readEvents(answer.json),
        whole,
      ),
    ) as Json
    // A dialect without a word for a class shows the whole alone.
    const { reasoningTokens: _, ...inMessages } = shape.want
    const want = noZero(dialect === 'messages' ? inMessages : shape.want)
    expect(noZero(READERS[dialect](rendered['usage']))).toEqual(want)
    const isOwn = dialect !== 'responses' && ['openai', 'azure'].includes(shape.provider)
    if (shape.name !== 'classes larger than their whole' && !isOwn)
      expect(noZero(shownIn(text, dialect))).toEqual(want)
  })
})

test('a server that counted nothing is estimated from what it delivered, the same either way', () => {
  const silent: Shape = {
    name: '',
    provider: 'openai',
    stream: [a, b, '[DONE]'],
    whole: {},
    want: { inputTokens: 0, outputTokens: 0 },
  }
  for (const dialect of ['chat', 'messages', 'responses'] as const)
    expect(stream(silent, dialect).used).toEqual({
      inputTokens: 1,
      outputTokens: 2,
      isEstimated: true,
    })
})
