/** AWS's event stream, read from what AWS's own codec wrote, cut anywhere and broken anyhow. */
import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DIALECTS } from '../../dialects/index.ts'
import type { StreamEvent } from '../../event-stream.ts'
import { Crossing } from '../../frame/crossing.ts'
import { StreamRelay } from '../../stream-relay.ts'
import { bill } from '../../usage.ts'
import { FAILURE, FrameReader } from './frames.ts'
import { bedrock } from './provider.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)
const text = (value: string) => ({ type: 'string' as const, value })
const encode = (headers: MessageHeaders, body: string) =>
  Buffer.from(codec.encode({ headers, body: Buffer.from(body) }))
const eventFrame = (type: string, body: string, more: MessageHeaders = {}) =>
  encode({ ...more, ':message-type': text('event'), ':event-type': text(type) }, body)

/** Headers of every kind that the codec knows. */
const MORE: MessageHeaders = {
  ...{ yes: { type: 'boolean', value: true }, no: { type: 'boolean', value: false } },
  ...{ b: { type: 'byte', value: 1 }, s: { type: 'short', value: 2 } },
  ...{ i: { type: 'integer', value: 3 }, d: { type: 'binary', value: Buffer.from([1, 2]) } },
  ...{ t: { type: 'timestamp', value: new Date(0) } },
  u: { type: 'uuid', value: '00112233-4455-6677-8899-aabbccddeeff' },
}

function readAll(bytes: Buffer, cuts: readonly number[]): StreamEvent[] {
  const reader = new FrameReader()
  const events: StreamEvent[] = []
  let at = 0
  for (const cut of cuts.toSorted((a, b) => a - b)) {
    events.push(...reader.push(bytes.subarray(at, Math.max(at, cut))))
    at = Math.max(at, cut)
  }
  return [...events, ...reader.push(bytes.subarray(at))]
}

test('what the codec wrote is read wherever it is cut, with headers of any kind beside', () => {
  const pieces = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 5 })
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(400)), (wanted, cuts) => {
      const bytes = Buffer.concat(wanted.map(([type, data]) => eventFrame(type, data, MORE)))
      const want = wanted.map(([type, data]) => ({ type, data: Buffer.from(data).toString() }))
      const inside = cuts.map((cut) => Math.min(cut, bytes.length))
      expect(readAll(bytes, inside)).toEqual(
        want.map(({ type, data }) => ({ type: Buffer.from(type).toString(), data })),
      )
    }),
    { numRuns: 200 },
  )
})

test('any one wrong bit is found, and nothing after it is believed', () => {
  const bytes = Buffer.concat([eventFrame('a', '{"x":1}'), eventFrame('b', '{"y":2}')])
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const wrong = Buffer.from(bytes)
    wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    const events = readAll(wrong, [])
    expect(events.at(-1)?.type).toBe(FAILURE)
    expect(events.length).toBeLessThanOrEqual(2)
  }
})

test('exceptions and errors are failures with a name and a reason', () => {
  const headers = { ':message-type': text('exception'), ':exception-type': text('throttling') }
  const exception = encode(headers, '{"message":"slow down"}')
  const error = encode(
    {
      ':message-type': text('error'),
      ':error-code': text('Internal'),
      ':error-message': text('no'),
    },
    '',
  )
  const [first, second] = readAll(Buffer.concat([exception, error]), [])
  const reader = bedrock.openReader()
  expect(first && reader.take(first)).toEqual({ kind: 'failed', why: 'throttling: slow down' })
  expect(second && reader.take(second)).toEqual({ kind: 'failed', why: 'Internal: no' })
})

test('whatever bytes come, the answer ends in a state with a bill', () => {
  const asking = { model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }
  const request = DIALECTS.chat.parse(Buffer.from(JSON.stringify(asking)))
  if (request.kind === 'refusal') throw new Error(request.error.message)
  const TYPES = [
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'messageStop',
    'metadata',
  ]
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        contentBlockIndex: fc.jsonValue(),
        start: fc.record({ toolUse: fc.jsonValue() }),
        delta: fc.record(
          { text: fc.jsonValue(), toolUse: fc.jsonValue(), reasoningContent: fc.jsonValue() },
          { requiredKeys: [] },
        ),
        stopReason: fc.oneof(fc.constant('end_turn'), fc.jsonValue()),
        usage: fc.record({ inputTokens: fc.jsonValue(), outputTokens: fc.jsonValue() }),
      },
      { requiredKeys: [] },
    ),
  )
  const event = fc
    .tuple(fc.constantFrom(...TYPES), json)
    .map(([type, each]) => eventFrame(type, JSON.stringify(each)))
  const noise = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: event }, noise)), (pieces) => {
      const context = { request, model: 'm', id: '1', createdS: 1 }
      const passage = new Crossing(bedrock.openReader(), DIALECTS.chat.openWriter(context))
      const relay = new StreamRelay(passage, 1, bedrock.openFraming?.())
      for (const piece of pieces) relay.push(piece)
      relay.close()
      expect(relay.state.kind).not.toBe('open')
      const used = bill(relay.tally, () => 1)
      for (const count of [used.inputTokens, used.outputTokens])
        expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
    }),
    { numRuns: 300 },
  )
})
