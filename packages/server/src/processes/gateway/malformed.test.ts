/** T12: whatever bytes a model's server sends, the gateway lives, the client hears the truth, and the money is settled. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addCustomer, addUpstream } from '../../../test/gateway/installation.ts'
import { chargedOf, getBalance, postJournals, verifyBooks } from '../../../test/gateway/posting.ts'
import {
  chunkOf,
  type RawAnswer,
  type RawUpstream,
  startRawUpstream,
} from '../../../test/gateway/raw-upstream.ts'
import { ask, makeStand, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand({ silenceMaxMs: 1000 })
const { db } = stand.database
const MIB = 1024 * 1024

/** Some words, then these bytes, then the end of the connection in order. */
const after =
  (bytes: string | Buffer): RawAnswer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunkOf('one ') + chunkOf('two '))
    response.end(bytes)
  }

const whole =
  (text: string): RawAnswer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(text)
  }

const counted = (usage: unknown) => after(`${chunkOf(null, { usage })}data: [DONE]\n\n`)

const completionWith = (usage: unknown) =>
  whole(
    JSON.stringify({
      choices: [
        { index: 0, message: { role: 'assistant', content: 'one two' }, finish_reason: 'stop' },
      ],
      usage,
    }),
  )

const cut: RawAnswer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunkOf('one ') + chunkOf('two ').slice(0, 30), () =>
    setImmediate(() => response.destroy()),
  )
}

const stall: RawAnswer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunkOf('one '))
}

/** Bytes that are no HTTP at all. */
const noHttp: RawAnswer = (response) => {
  response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n')
}

const tooLong: RawAnswer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' })
  response.write('{"choices":[', () => setImmediate(() => response.destroy()))
}

const STREAMS: Readonly<Record<string, RawAnswer>> = {
  'no event at all': after('\0\0\0\u0000 garbage without an end'),
  'broken JSON': after('data: {"choices":[{"delta"\n\n'),
  'JSON of another kind': after('data: 42\n\ndata: null\n\ndata: []\n\ndata: {"choices":{}}\n\n'),
  'half a character': after(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0x20, 0xf0, 0x9f])),
  'an event of thirty MiB': after(`data: ${'x'.repeat(30 * MIB)}\n\n`),
  'lines without end': after('x'.repeat(2 * MIB)),
  'a cut amid a chunk': cut,
  silence: stall,
  'no HTTP': noHttp,
  'a negative count': counted({ prompt_tokens: -5, completion_tokens: -7 }),
  'a count in words': counted({ prompt_tokens: 'many', completion_tokens: [] }),
  'a count beyond numbers': counted({ prompt_tokens: 1e308, completion_tokens: 1e308 }),
  'a count of halves': counted({ prompt_tokens: 1.5, completion_tokens: 2.5 }),
  'a count of more than there is': counted({
    prompt_tokens: 3,
    completion_tokens: 3,
    prompt_tokens_details: { cached_tokens: 999_999 },
    completion_tokens_details: { reasoning_tokens: 999_999 },
  }),
  'a count that is null': counted(null),
}

const WHOLES: Readonly<Record<string, RawAnswer>> = {
  'whole: nothing': whole(''),
  'whole: garbage': whole('<html>'),
  'whole: a list': whole('[]'),
  'whole: no choices': whole('{"choices":null}'),
  'whole: choices of nonsense': whole('{"choices":[1,null,"x"]}'),
  'whole: deep': whole(`{"choices":${'['.repeat(100_000)}`),
  'whole: cut': tooLong,
  'whole: no HTTP': noHttp,
  'whole: a negative count': completionWith({ prompt_tokens: -5, completion_tokens: -7 }),
  'whole: a count in words': completionWith({ prompt_tokens: 'many', completion_tokens: {} }),
  'whole: a count beyond numbers': completionWith({
    prompt_tokens: 1e308,
    completion_tokens: 1e308,
  }),
}

let upstream: RawUpstream
let pid = 0
beforeAll(async () => {
  upstream = await startRawUpstream({ ...STREAMS, ...WHOLES })
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2' }
  const raw = { model: 'raw', provider: 'openai' as const, upstreamModel: 'raw', sell }
  await addUpstream(db, { ...raw, url: upstream.url })
  pid = stand.gateway.child.pid ?? 0
  const isKnown = async () =>
    (await ask({ url: stand.gateway.url, key: stand.customer.key, body: bodyOf('x', false) }))
      .status !== 404
  await untilTrue(isKnown)
})
afterAll(() => upstream.close())

const bodyOf = (name: string, stream: boolean) => ({
  model: 'raw',
  stream,
  max_tokens: 100,
  messages: [{ role: 'user', content: name }],
})

const post = () => postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
let customers = 0

/** Asks as a customer of its own; gives the answer's text and what was charged for it. */
async function askOnce(name: string, stream: boolean) {
  const customer = await addCustomer(db, { name: `Raw ${++customers}`, usd: '1' })
  const response = await ask({
    url: stand.gateway.url,
    key: customer.key,
    body: bodyOf(name, stream),
  })
  const text = await response.text()
  await post()
  const charged = await chargedOf(db, customer.organizationId)
  const { posted } = await getBalance(db, customer.organizationId)
  return { status: response.status, text, charged, posted }
}

test.each(Object.keys(STREAMS))(
  'T12: %s in a stream: it is settled once, by what was delivered, and never told as success unless it is one',
  async (name) => {
    const { status, text, charged, posted } = await askOnce(name, true)
    const words = text.match(/one |two /g)?.length ?? 0
    if (status !== 200) expect(status).toBe(502)
    expect(charged.events).toBe(words > 0 ? 1 : 0)
    expect(charged.output).toBeGreaterThanOrEqual(words)
    expect(charged.output).toBeLessThanOrEqual(100)
    expect(posted).toBeGreaterThan(0n)
    // A wrong count is not a broken answer; everything else here is.
    const isCount = name.startsWith('a count') || name === 'a negative count'
    expect(text.includes('[DONE]')).toBe(isCount)
    if (!isCount) expect(text).toContain('upstream_error')
  },
)

test.each(Object.keys(WHOLES))('T12: %s', async (name) => {
  const { status, text, charged, posted } = await askOnce(name, false)
  expect([200, 502]).toContain(status)
  expect(charged.events).toBe(status === 200 ? 1 : 0)
  if (status === 200) expect(charged.output).toBeGreaterThan(0)
  else expect(text).toContain('upstream_error')
  expect(posted).toBeGreaterThan(0n)
})

test('T12: after all of it the same process answers, nothing is in flight, and the books agree', async () => {
  expect(stand.gateway.child.exitCode).toBeNull()
  expect(stand.gateway.child.pid).toBe(pid)
  const { status } = await askOnce('a count that is null', true)
  expect(status).toBe(200)
  const from = stand.gateway.messages.length
  await untilTrue(() =>
    stand.gateway.messages
      .slice(from)
      .some(({ text = '' }) => text.includes('\nspillway_gateway_calls 0\n')),
  )
  const told = stand.gateway.messages.findLast(({ type }) => type === 'metrics')
  // What was charged by the gateway's own count says so.
  expect(told?.text).toMatch(/spillway_gateway_usage_estimated_total\{model="raw"\} [1-9]/)
  expect((await verifyBooks(db)).isBalanced).toBe(true)
})
