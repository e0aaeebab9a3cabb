import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChatPassage, type ChatPassageOptions } from './dialects/chat/passage.ts'
import { EventReader } from './event-stream.ts'
import { StreamRelay } from './stream-relay.ts'
import { bill } from './usage.ts'

const OPTIONS: ChatPassageOptions & { readonly choices: number } = {
  model: 'm',
  isRenamed: false,
  choices: 1,
  wantsUsage: false,
  wantsContinuousUsage: false,
}
const head = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' }
const delta = (content: string, extra: object = {}, finish: string | null = null) => ({
  ...head,
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  ...extra,
})
const usage = (completion: number) => ({
  usage: { prompt_tokens: 9, completion_tokens: completion, total_tokens: 9 + completion },
})
const event = (json: object | string) =>
  `data: ${typeof json === 'string' ? json : JSON.stringify(json)}\n\n`
const total = (completion: number) => ({ ...head, choices: [], ...usage(completion) })

function run(given: Partial<typeof OPTIONS>, ...events: readonly (object | string)[]) {
  const options = { ...OPTIONS, ...given }
  const relay = new StreamRelay(new ChatPassage(options), options.choices)
  const text = relay.push(Buffer.from(events.map(event).join('')))
  return { relay, text, used: bill(relay.tally, () => 5) }
}

test('chunks without a count pass untouched', () => {
  const { text, relay } = run({}, delta('a'), delta('b'))
  expect(text).toBe(event(delta('a')) + event(delta('b')))
  expect(relay.state).toEqual({ kind: 'open' })
})

test('a count that only the gateway asked for is not shown', () => {
  const { text, used, relay } = run(
    {},
    delta('a', usage(1)),
    delta('b', usage(2), 'stop'),
    total(2),
    '[DONE]',
  )
  expect(text).toBe(event(delta('a')) + event(delta('b', {}, 'stop')))
  expect(relay.ending(used)).toBe(event('[DONE]'))
  expect(used).toEqual({ inputTokens: 9, outputTokens: 2, isEstimated: false })
})

test('a client that asked for the count sees it once, at the end, and null before', () => {
  const { text, used, relay } = run({ wantsUsage: true }, delta('a', usage(1)), total(1), '[DONE]')
  expect(text).toBe(event(delta('a', { usage: null })) + event(total(1)))
  expect(relay.ending(used)).toBe(event('[DONE]'))
})

test('a client that asked for the count gets it even where the server put it elsewhere or gave none', () => {
  const beside = run({ wantsUsage: true }, delta('a', usage(4), 'stop'), '[DONE]')
  expect(beside.relay.ending(beside.used)).toBe(event(total(4)) + event('[DONE]'))
  const absent = run({ wantsUsage: true }, delta('abcdefgh', {}, 'stop'), '[DONE]')
  const want = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }
  expect(absent.relay.ending(absent.used)).toBe(
    event({ ...total(0), usage: want }) + event('[DONE]'),
  )
})

test('continuous counts are shown to whom asked for them', () => {
  const { text } = run({ wantsUsage: true, wantsContinuousUsage: true }, delta('a', usage(1)))
  expect(text).toBe(event(delta('a', usage(1))))
})

test('the server\u2019s own name of the model is not shown', () => {
  const { text } = run({ model: 'public', isRenamed: true }, delta('a'))
  expect(text).toBe(event(delta('a', { model: 'public' })))
})

test('a server that finishes without [DONE] has finished; one that stops short has failed', () => {
  const finished = run({}, delta('a', {}, 'stop')).relay
  finished.close()
  expect(finished.state.kind).toBe('complete')
  const short = run({}, delta('a')).relay
  short.close()
  expect(short.state).toEqual({ kind: 'failed', why: 'the answer stopped short' })
  const halfOfTwo = run({ choices: 2 }, delta('a', {}, 'stop')).relay
  halfOfTwo.close()
  expect(halfOfTwo.state.kind).toBe('failed')
})

test.each([
  {
    name: 'an error in a chunk',
    sent: event({ error: { message: 'out of memory' } }),
    why: 'out of memory',
  },
  { name: 'an error event', sent: 'event: error\ndata: {"message":"gone"}\n\n', why: 'gone' },
  { name: 'a chunk that is not JSON', sent: 'data: {"x"\n\n', why: 'a chunk is not a JSON object' },
])('$name fails the stream, keeps what was delivered and sends nothing more', ({ sent, why }) => {
  const relay = new StreamRelay(new ChatPassage(OPTIONS), OPTIONS.choices)
  const text = relay.push(
    Buffer.from(event(delta('a', usage(1))) + sent + event(delta('b', usage(2)))),
  )
  expect(text).toBe(event(delta('a')))
  expect(relay.state).toEqual({ kind: 'failed', why })
  expect(bill(relay.tally, () => 5)).toMatchObject({ inputTokens: 9, outputTokens: 1 })
  expect(relay.push(Buffer.from(event(delta('c', usage(3)))))).toBe('')
  expect(relay.state).toEqual({ kind: 'failed', why })
})

test('nothing after [DONE] counts', () => {
  const { text, used } = run({}, delta('a', usage(1)), '[DONE]', delta('b', usage(2)))
  expect(text).toBe(event(delta('a')))
  expect(used.outputTokens).toBe(1)
})

test('an event without end is not collected forever', () => {
  const relay = new StreamRelay(new ChatPassage(OPTIONS), OPTIONS.choices)
  relay.push(Buffer.from('data: '))
  for (let part = 0; part < 9 && relay.state.kind === 'open'; part++)
    relay.push(Buffer.alloc(1024 * 1024, 'x'))
  expect(relay.state.kind).toBe('failed')
})

test('what is charged is what was delivered, wherever the stream is cut and however the bytes arrive', () => {
  const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(
      fc.array(anyText, { minLength: 1, maxLength: 30 }),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 64 }),
      (words, cutAt, size) => {
        // given a server that counts in every chunk, and a connection that breaks somewhere
        const sent = Buffer.from(
          words.map((word, index) => event(delta(word, usage(index + 1)))).join(''),
        )
        const arrived = sent.subarray(0, cutAt % (sent.length + 1))
        // when
        const relay = new StreamRelay(new ChatPassage(OPTIONS), OPTIONS.choices)
        let text = ''
        for (let at = 0; at < arrived.length; at += size)
          text += relay.push(arrived.subarray(at, at + size))
        // then the client can count the tokens itself
        const seen = new EventReader().push(Buffer.from(text))
        const used = bill(relay.tally, () => 5)
        expect(used.outputTokens).toBe(seen.length)
        expect(used.inputTokens).toBe(seen.length === 0 ? 0 : 9)
        const delivered = seen.map(
          ({ data }) => (JSON.parse(data) as ReturnType<typeof delta>).choices[0]?.delta.content,
        )
        expect(delivered).toEqual(words.slice(0, seen.length))
      },
    ),
  )
})
