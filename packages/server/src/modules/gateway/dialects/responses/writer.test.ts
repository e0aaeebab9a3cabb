/** Whatever a server says, in whatever order, a response is told so that the official client can put it together. */
import fc from 'fast-check'
import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import { describe, expect, test } from 'vitest'
import type { AnswerEvent } from '../../frame/answer-event.ts'
import type { AnswerContext } from '../../frame/dialect.ts'
import * as refusals from '../../refusal.ts'
import { parseResponses } from './request.ts'
import { renderWhole, ResponsesWriter } from './writer.ts'

const USED = { inputTokens: 3, outputTokens: 2 }

function contextOf(more: object = {}): AnswerContext {
  const body = JSON.stringify({ model: 'm', input: 'hello', ...more })
  const request = parseResponses(Buffer.from(body))
  if (request.kind === 'refusal') throw new Error(request.error.message)
  return { request, model: 'm', id: 'abc', createdS: 1 }
}

function eventsIn(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
}

/** As the official client reads it, with all its own checks. */
async function readByClient(events: readonly object[]) {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  const body = new Response(lines).body
  if (body === null) throw new Error('it has a body')
  return ResponseStream.fromReadableStream(body).finalResponse()
}

/** Without what the client adds. */
const OWN = ['output_text', 'output_parsed', 'parsed', 'parsed_arguments']
const withoutOwn = (response: object) =>
  JSON.parse(
    JSON.stringify(response, (name, value: unknown) => (OWN.includes(name) ? undefined : value)),
  ) as object

const choice = 0
const words = fc.string({ maxLength: 6 })
const piece = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), choice: fc.constant(choice), text: words }),
  fc.record({ kind: fc.constant('reasoning' as const), choice: fc.constant(choice), text: words }),
  fc.record({ kind: fc.constant('refusal' as const), choice: fc.constant(choice), text: words }),
  fc.record({
    kind: fc.constant('tool_call' as const),
    choice: fc.constant(choice),
    index: fc.integer({ min: 0, max: 3 }),
    id: fc.constant(null),
    name: fc.constantFrom('add', null),
    text: fc.constantFrom('{"a"', ':1}', '{}', 'x', ''),
  }),
)
const finish = fc
  .constantFrom(
    'stop' as const,
    'length' as const,
    'tool_calls' as const,
    'content_filter' as const,
  )
  .map((reason) => ({ kind: 'finish' as const, choice, reason }))
const answer: fc.Arbitrary<readonly AnswerEvent[]> = fc
  .tuple(fc.array(piece, { maxLength: 12 }), finish)
  .map(([pieces, end]) => [...pieces, end])
const asked = fc.constantFrom({}, { reasoning: { summary: 'auto' } })

function stream(context: AnswerContext, events: readonly AnswerEvent[]) {
  const writer = new ResponsesWriter(context)
  const text = events.map((event) => writer.write(event)).join('')
  return { writer, text }
}

describe('a response', () => {
  test('is read whole by the official client, and is the same in one piece', async () => {
    await fc.assert(
      fc.asyncProperty(answer, asked, async (events, more) => {
        const { writer, text } = stream(contextOf(more), events)
        const told = eventsIn(text + writer.ending(USED))
        expect(told.map(({ sequence_number: number }) => number)).toEqual([...told.keys()])
        const whole = JSON.parse(renderWhole(contextOf(more), events, USED)) as object
        expect(withoutOwn(await readByClient(told))).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  test('opens what it closes, once each, and closes everything', () => {
    fc.assert(
      fc.property(answer, (events) => {
        const { writer, text } = stream(contextOf(), events)
        const told = eventsIn(text + writer.ending(USED))
        const indexesOf = (type: string) =>
          told
            .filter((event) => event['type'] === type)
            .map((event) => Number(event['output_index']))
        const added = indexesOf('response.output_item.added')
        expect(added).toEqual([...added.keys()])
        expect(indexesOf('response.output_item.done').toSorted((a, b) => a - b)).toEqual(added)
        const types = told.map(({ type }) => String(type))
        for (const part of ['content_part', 'output_item'])
          expect(types.filter((type) => type === `response.${part}.added`)).toHaveLength(
            types.filter((type) => type === `response.${part}.done`).length,
          )
      }),
      { numRuns: 300 },
    )
  })

  test('that breaks off is told as failed, with what was charged, and never as complete', () => {
    fc.assert(
      fc.property(answer, (events) => {
        const { writer, text } = stream(contextOf(), events.slice(0, -1))
        const told = eventsIn(text + writer.broken(refusals.streamBroken('m'), USED))
        const types = told.map(({ type }) => type)
        expect(types.slice(-2)).toEqual(['response.failed', 'error'])
        expect(types).not.toContain('response.completed')
        expect(told.at(-2)).toMatchObject({
          response: { status: 'failed', usage: { input_tokens: 3, output_tokens: 2 } },
        })
      }),
      { numRuns: 100 },
    )
  })
})
