/** Whatever clients and servers send, readers and writers of all dialects and providers stand it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DIALECTS } from '../dialects/index.ts'
import { PROVIDERS } from '../providers/index.ts'
import type { Target } from '../route.ts'
import { StreamRelay } from '../stream-relay.ts'
import { bill } from '../usage.ts'
import { Crossing } from './crossing.ts'
import type { ModelRequest } from './dialect.ts'

const NAMES = ['chat', 'messages', 'responses'] as const
const KINDS = ['openai', 'anthropic', 'azure', 'gemini', 'bedrock'] as const

const target = (provider: Target['provider']): Target => ({
  ...{ id: 't', url: 'http://t/v1', upstreamModel: 'theirs', kind: 'upstream', provider },
  ...{ sealedCredential: null, region: null, dataPolicy: 'unknown' },
  ...{ providerName: 'private', pool: null, cost: null },
})

/** Bodies that look right at the top, with anything below. */
const part = fc.record(
  {
    type: fc.constantFrom('text', 'image', 'image_url', 'tool_use', 'tool_result', 'thinking'),
    text: fc.oneof(fc.string(), fc.jsonValue()),
    source: fc.jsonValue(),
    image_url: fc.jsonValue(),
    content: fc.jsonValue(),
    input: fc.jsonValue(),
  },
  { requiredKeys: ['type'] },
)
const message = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
    content: fc.oneof(fc.string(), fc.array(part), fc.jsonValue()),
    tool_calls: fc.jsonValue(),
  },
  { requiredKeys: ['role'] },
)
const body = fc.record(
  {
    model: fc.constant('m'),
    max_tokens: fc.constant(9),
    messages: fc.array(message, { minLength: 1 }),
    tools: fc.oneof(
      fc.jsonValue(),
      fc.array(fc.record({ name: fc.string(), function: fc.jsonValue() })),
    ),
    tool_choice: fc.jsonValue(),
    response_format: fc.jsonValue(),
    output_config: fc.jsonValue(),
    system: fc.jsonValue(),
    stop: fc.jsonValue(),
    metadata: fc.jsonValue(),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'] },
)
const item = fc.record(
  {
    type: fc.constantFrom('message', 'function_call', 'function_call_output', 'reasoning', 'other'),
    role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
    content: fc.oneof(fc.string(), fc.array(part), fc.jsonValue()),
    call_id: fc.oneof(fc.string(), fc.jsonValue()),
    name: fc.oneof(fc.string(), fc.jsonValue()),
    arguments: fc.oneof(fc.string(), fc.jsonValue()),
    output: fc.oneof(fc.string(), fc.array(part), fc.jsonValue()),
  },
  { requiredKeys: ['role'] },
)
const asked = fc.record(
  {
    model: fc.constant('m'),
    input: fc.oneof(fc.string(), fc.array(item, { minLength: 1 }), fc.jsonValue()),
    tools: fc.oneof(fc.jsonValue(), fc.array(fc.record({ name: fc.string() }))),
    tool_choice: fc.jsonValue(),
    text: fc.jsonValue(),
    reasoning: fc.jsonValue(),
    include: fc.jsonValue(),
  },
  { requiredKeys: ['model', 'input'] },
)

test('any request is sent or refused, to a server of any kind', () => {
  fc.assert(
    fc.property(
      body,
      asked,
      fc.constantFrom(...NAMES),
      fc.constantFrom(...KINDS),
      (chat, other, name, kind) => {
        const dialect = DIALECTS[name]
        const json = name === 'responses' ? other : chat
        const request = dialect.parse(Buffer.from(JSON.stringify(json)))
        if (request.kind === 'refusal') return
        for (const render of ['renderRequest', 'renderCount'] as const) {
          const sent = PROVIDERS[kind][render]({ dialect, request, target: target(kind) })
          if (sent === null) continue
          if (!('body' in sent)) expect(sent.status).toBe(400)
          else expect([JSON.parse(sent.body).model, sent.path].join(' ')).toContain('theirs')
        }
      },
    ),
    { numRuns: 500 },
  )
})

const TYPES = [
  ...['message_start', 'content_block_start', 'content_block_delta', 'message_delta'],
  ...['message_stop', 'ping', 'error', ''],
  ...['contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata', '!x'],
]
const json = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      type: fc.constantFrom(...TYPES),
      message: fc.jsonValue(),
      delta: fc.jsonValue(),
      content_block: fc.record({
        type: fc.constantFrom('text', 'tool_use'),
        input: fc.jsonValue(),
      }),
      usage: fc.record({ input_tokens: fc.jsonValue(), output_tokens: fc.jsonValue() }),
      choices: fc.array(
        fc.record({ index: fc.jsonValue(), delta: fc.jsonValue(), finish_reason: fc.jsonValue() }),
      ),
      content: fc.array(fc.jsonValue()),
      candidates: fc.array(
        fc.record({
          content: fc.record({
            parts: fc.array(
              fc.record(
                { text: fc.jsonValue(), thought: fc.jsonValue(), functionCall: fc.jsonValue() },
                { requiredKeys: [] },
              ),
            ),
          }),
          finishReason: fc.oneof(fc.constant('STOP'), fc.jsonValue()),
        }),
      ),
      usageMetadata: fc.record({ promptTokenCount: fc.jsonValue() }),
      promptFeedback: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
)
const event = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.oneof(
      fc.string(),
      json.map((each) => JSON.stringify(each)),
    ),
  )
  .map(([type, data]) => `event: ${type}\ndata: ${data}\n\n`)

function requestOf(name: (typeof NAMES)[number]): ModelRequest {
  const turns = { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }
  const asking = { model: 'm', ...(name === 'responses' ? { input: 'x' } : turns), stream: true }
  const request = DIALECTS[name].parse(Buffer.from(JSON.stringify(asking)))
  if (request.kind === 'refusal') throw new Error(request.error.message)
  return request
}

test('any bytes of a server end in a state with a bill, for a client of any dialect', () => {
  const streams = fc.array(event, { maxLength: 8 })
  fc.assert(
    fc.property(
      streams,
      fc.constantFrom(...NAMES),
      fc.constantFrom(...KINDS),
      (events, name, kind) => {
        const context = { request: requestOf(name), model: 'm', id: '1', createdS: 1 }
        const { [kind]: provider } = PROVIDERS
        const reader = provider.openReader()
        const passage =
          provider.dialect === name
            ? DIALECTS[name].openPassage(context, { isRenamed: true, reader })
            : new Crossing(reader, DIALECTS[name].openWriter(context))
        const relay = new StreamRelay(passage, 1)
        relay.push(Buffer.from(events.join('')))
        relay.close()
        expect(relay.state.kind).not.toBe('open')
        const used = bill(relay.tally, () => 1)
        for (const count of [used.inputTokens, used.outputTokens])
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
        expect(used.cachedInputTokens ?? 0).toBeLessThanOrEqual(used.inputTokens)
        expect(typeof relay.ending(used)).toBe('string')
      },
    ),
    { numRuns: 500 },
  )
})

test('any whole answer is read or refused, and written for a client of any dialect', () => {
  fc.assert(
    fc.property(
      json,
      fc.constantFrom(...NAMES),
      fc.constantFrom(...KINDS),
      (answer, name, kind) => {
        const { [kind]: provider } = PROVIDERS
        const typed = Object.assign({}, answer, { type: 'message' })
        const read = provider.readAnswer(JSON.stringify(typed))
        provider.readError(JSON.stringify(typed))
        if (!read) return
        const context = { request: requestOf(name), model: 'm', id: '1', createdS: 1 }
        const used = { inputTokens: 1, outputTokens: 1 }
        const text = DIALECTS[name].renderAnswer(context, provider.readEvents(read.json), used)
        expect(JSON.parse(text)).toMatchObject({ model: 'm' })
      },
    ),
    { numRuns: 500 },
  )
})
