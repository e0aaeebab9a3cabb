/**
 * A server that is not one: speaks Bedrock's Converse over real HTTP, frames streams with AWS's own codec, holds every
 * signature against AWS's own signer, and does what the last user's text tells it to, faults included.
 */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { SignatureV4 } from '@smithy/signature-v4'
import { z } from 'zod'
import { parseJson } from '#modules/gateway/index.ts'

const Told = z.object({
  tokens: z.number().int().default(3),
  thinks: z.boolean().default(false),
  calls: z.boolean().default(false),
  read: z.number().int().default(0),
  written: z.number().int().default(0),
  reason: z.string().default('end_turn'),
  status: z.number().int().optional(),
  error: z.string().default('simulated failure'),
  /** After so many events: the connection breaks, an exception comes, a byte is wrong, or it ends in order. */
  cutAfter: z.number().int().optional(),
  failAfter: z.number().int().optional(),
  flipAfter: z.number().int().optional(),
  hugeAfter: z.number().int().optional(),
  garbageAfter: z.number().int().optional(),
  stopAfter: z.number().int().optional(),
  /** Counts so, whatever was said; null: not at all. */
  usage: z.record(z.string(), z.unknown()).nullish(),
})
export type Told = z.infer<typeof Told>

interface State {
  lastBody: unknown
  lastPath: string
  lastHeaders: IncomingHttpHeaders
  /** Whether the last signature was right; null: it came with a bearer, or nothing. */
  isSigned: boolean | null
}

export interface BedrockSimulator {
  readonly url: string
  readonly state: State
  close(): Promise<void>
}

/** The key that AWS's documentation shows, which opens nothing. */
export const KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLETOKEN==',
}
export const PROMPT_TOKENS = 12

type Json = Readonly<Record<string, unknown>>

const toText = (bytes: Uint8Array | string) =>
  typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')
const toBytes = (text: string) => Buffer.from(text, 'utf8')
const codec = new EventStreamCodec(toText, toBytes)

/** One message of an event stream, by AWS's own codec. */
export function frame(kind: 'event' | 'exception', name: string, json: unknown): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value })
  const headers = {
    ':message-type': text(kind),
    [`:${kind}-type`]: text(name),
    ':content-type': text('application/json'),
  }
  return Buffer.from(codec.encode({ headers, body: toBytes(JSON.stringify(json)) }))
}

/** What AWS's signer wants of a hash. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', secret as string | Uint8Array)
  }

  update(piece: string | Uint8Array): void {
    this.#hash.update(piece)
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    throw new Error('it is used once')
  }
}

/** Signs what came once more, and compares. */
async function isRightlySigned(path: string, headers: IncomingHttpHeaders, body: string) {
  const said = headers.authorization ?? ''
  const [, day, region, names = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8})\/([a-z0-9-]+)\/bedrock\/aws4_request, SignedHeaders=([^,]+), /.exec(
      said,
    ) ?? []
  if (day === undefined || region === undefined) return false
  const stamp = String(headers['x-amz-date'])
  const at = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const signed = Object.fromEntries(names.split(';').map((name) => [name, String(headers[name])]))
  const { 'x-amz-security-token': token } = headers
  const credentials =
    token === undefined
      ? { ...KEY, sessionToken: undefined }
      : { ...KEY, sessionToken: KEY.sessionToken }
  const signer = new SignatureV4({
    ...{ service: 'bedrock', region, sha256: Sha256, applyChecksum: false },
    credentials: credentials as typeof KEY,
  })
  const hostname = String(headers.host)
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname,
    path,
    query: {},
    headers: signed,
    body,
  }
  const again = await signer.sign(request, { signingDate: new Date(at) })
  return again.headers['authorization'] === said
}

export async function startBedrockSimulator(): Promise<BedrockSimulator> {
  const state: State = { lastBody: null, lastPath: '', lastHeaders: {}, isSigned: null }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      state.lastBody = parseJson(body)
      state.lastPath = request.url ?? ''
      state.lastHeaders = request.headers
      void answer(response, state, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const Request = z.object({
  messages: z.array(z.object({ content: z.array(z.looseObject({ text: z.string().optional() })) })),
})

/** The last text that is an order. */
function readTold(body: unknown): Told {
  const texts = Request.parse(body).messages.flatMap(({ content }) =>
    content.map(({ text }) => text),
  )
  const order = texts.findLast((text) => text?.startsWith('{'))
  return Told.parse(order === undefined ? {} : parseJson(order))
}

function send(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

async function answer(response: ServerResponse, state: State, text: string): Promise<void> {
  const { lastBody, lastPath, lastHeaders } = state
  const isBearer = lastHeaders.authorization?.startsWith('Bearer ') ?? false
  state.isSigned = isBearer ? null : await isRightlySigned(lastPath, lastHeaders, text)
  if (state.isSigned === false) {
    const said = JSON.stringify(lastHeaders)
    return send(response, 403, {
      message: `The request signature we calculated does not match. The canonical string was ${said}`,
    })
  }
  if (lastPath.endsWith('/count-tokens')) return send(response, 200, { inputTokens: PROMPT_TOKENS })
  const told = readTold(lastBody)
  if (told.status !== undefined) return send(response, told.status, { message: told.error })
  if (lastPath.endsWith('/converse-stream')) return stream(response, told)
  if (lastPath.endsWith('/converse')) return send(response, 200, wholeOf(told))
  return send(response, 404, { message: 'no such operation' })
}

function usageOf({ usage, read, written, tokens }: Told): Json {
  return (
    usage ?? {
      ...{ inputTokens: PROMPT_TOKENS - read - written, outputTokens: tokens },
      ...{ totalTokens: PROMPT_TOKENS + tokens },
      ...(read > 0 ? { cacheReadInputTokens: read } : {}),
      ...(written > 0 ? { cacheWriteInputTokens: written } : {}),
    }
  )
}

const CALL = { toolUseId: 'tooluse_1', name: 'add' }
const wordsOf = ({ tokens }: Told) => Array.from({ length: tokens }, (_, at) => `word${at} `)

function wholeOf(told: Told): Json {
  const reasoningText = { text: 'hm', signature: 'sig' }
  const content = [
    ...(told.thinks ? [{ reasoningContent: { reasoningText } }] : []),
    told.calls ? { toolUse: { ...CALL, input: { a: 1 } } } : { text: wordsOf(told).join('') },
  ]
  return {
    output: { message: { role: 'assistant', content } },
    stopReason: told.calls ? 'tool_use' : told.reason,
    ...(told.usage === null ? {} : { usage: usageOf(told) }),
    metrics: { latencyMs: 1 },
  }
}

function* framesOf(told: Told): Generator<Buffer> {
  const event = (name: string, json: Json) => frame('event', name, { ...json, p: 'abcdef' })
  const delta = (contentBlockIndex: number, json: Json) =>
    event('contentBlockDelta', { contentBlockIndex, delta: json })
  yield event('messageStart', { role: 'assistant' })
  if (told.thinks) {
    yield delta(0, { reasoningContent: { text: 'hm' } })
    yield delta(0, { reasoningContent: { signature: 'sig' } })
    yield event('contentBlockStop', { contentBlockIndex: 0 })
  }
  if (told.calls) {
    yield event('contentBlockStart', { contentBlockIndex: 1, start: { toolUse: CALL } })
    for (const input of ['{"a"', ':1}']) yield delta(1, { toolUse: { input } })
  } else for (const text of wordsOf(told)) yield delta(1, { text })
  yield event('contentBlockStop', { contentBlockIndex: 1 })
  yield event('messageStop', { stopReason: told.calls ? 'tool_use' : told.reason })
  if (told.usage !== null)
    yield event('metadata', { usage: usageOf(told), metrics: { latencyMs: 1 } })
}

/** A beginning that announces more than there can be, with a right checksum. */
function hugeBeginning(): Buffer {
  const whole = Buffer.from(frame('event', 'messageStart', {}))
  const prelude = Buffer.from(whole.subarray(0, 8))
  prelude.writeUInt32BE(0x7f_ff_ff_ff, 0)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(prelude))
  return Buffer.concat([prelude, sum])
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.length - 8
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
  return copy
}

/** Each event leaves on its own, cut in two, so that none shares the fate of a cut. */
async function stream(response: ServerResponse, told: Told): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
  for (const [sent, bytes] of [...framesOf(told)].entries()) {
    if (sent === told.cutAfter) return void response.destroy()
    if (sent === told.stopAfter) return void response.end()
    if (sent === told.garbageAfter) response.write('data: not a frame at all\n\n')
    if (sent === told.hugeAfter) response.write(hugeBeginning())
    if (sent === told.failAfter)
      response.write(frame('exception', 'throttlingException', { message: told.error }))
    const next = sent === told.flipAfter ? flipped(bytes) : bytes
    response.write(next.subarray(0, 7))
    await pause(1)
    response.write(next.subarray(7))
    await pause(2)
    if (response.destroyed) return
  }
  response.end()
}
