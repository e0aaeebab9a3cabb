/**
 * A server that is not one: speaks Gemini's generateContent over real HTTP, and OpenAI's chat behind Azure's paths, and
 * does what the last user's text tells it to, faults included. Its words mean nothing.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { parseJson } from '#modules/gateway/index.ts'

const Told = z.object({
  tokens: z.number().int().default(3),
  thinks: z.boolean().default(false),
  calls: z.boolean().default(false),
  cached: z.number().int().default(0),
  /** Blocks the prompt instead of answering, or ends for this reason. */
  blocks: z.boolean().default(false),
  reason: z.string().default('STOP'),
  status: z.number().int().optional(),
  error: z.string().default('simulated failure'),
  /** After so many events: the connection breaks, an error comes, these bytes come, or it ends in order. */
  cutAfter: z.number().int().optional(),
  failAfter: z.number().int().optional(),
  garbageAfter: z.number().int().optional(),
  stopAfter: z.number().int().optional(),
  /** Counts so, whatever was said. */
  usage: z.record(z.string(), z.unknown()).optional(),
})
export type Told = z.infer<typeof Told>

interface State {
  lastBody: unknown
  lastPath: string
  lastHeaders: IncomingHttpHeaders
}

export interface GeminiSimulator {
  readonly url: string
  readonly state: State
  close(): Promise<void>
}

export const PROMPT_TOKENS = 12

type Json = Readonly<Record<string, unknown>>

export async function startGeminiSimulator(): Promise<GeminiSimulator> {
  const state: State = { lastBody: null, lastPath: '', lastHeaders: {} }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      state.lastBody = parseJson(Buffer.concat(chunks).toString())
      state.lastPath = request.url ?? ''
      state.lastHeaders = request.headers
      void answer(response, state)
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
  contents: z.array(z.object({ parts: z.array(z.looseObject({ text: z.string().optional() })) })),
})

/** The last text that is an order. */
function readTold(body: unknown): Told {
  const texts = Request.parse(body).contents.flatMap(({ parts }) => parts.map(({ text }) => text))
  const order = texts.findLast((text) => text?.startsWith('{'))
  return Told.parse(order === undefined ? {} : parseJson(order))
}

function send(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

function errorOf(code: number, message: string): Json {
  return { error: { code, message, status: code === 400 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE' } }
}

async function answer(response: ServerResponse, { lastBody, lastPath }: State): Promise<void> {
  if (lastPath.startsWith('/openai/')) return answerChat(response, lastBody)
  if (lastPath.endsWith(':countTokens')) return send(response, 200, { totalTokens: PROMPT_TOKENS })
  const told = readTold(lastBody)
  if (told.status !== undefined)
    return send(response, told.status, errorOf(told.status, told.error))
  const chunks = [...chunksOf(told)]
  if (lastPath.endsWith(':generateContent')) return send(response, 200, merge(chunks))
  if (lastPath.endsWith(':streamGenerateContent?alt=sse')) return stream(response, told, chunks)
  return send(response, 404, errorOf(404, 'no such method'))
}

/** Behind a deployment it speaks as OpenAI does, and first says how it judged the prompt. */
function answerChat(response: ServerResponse, body: unknown): void {
  const { stream: isStream, input } = body as { stream?: boolean; input?: unknown }
  const usage = { prompt_tokens: PROMPT_TOKENS, completion_tokens: 1, total_tokens: 13 }
  const data = [{ object: 'embedding', index: 0, embedding: [1, 2] }]
  if (input !== undefined)
    return send(response, 200, { object: 'list', data, usage: { prompt_tokens: 1 } })
  const head = { id: 'c', object: 'chat.completion', created: 1, model: 'gpt' }
  const message = { role: 'assistant', content: 'word0 ' }
  const choice = { index: 0, finish_reason: 'stop', content_filter_results: {} }
  if (isStream !== true)
    return send(response, 200, { ...head, choices: [{ ...choice, message }], usage })
  const chunk = { ...head, object: 'chat.completion.chunk' }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunks = [
    { ...chunk, choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
    { ...chunk, choices: [{ ...choice, delta: message }] },
    { ...chunk, choices: [], usage },
  ]
  for (const each of chunks) response.write(`data: ${JSON.stringify(each)}\n\n`)
  response.end('data: [DONE]\n\n')
}

function usageOf({ usage, cached, thinks, tokens }: Told): Json {
  const thoughts = thinks ? { thoughtsTokenCount: 5 } : {}
  const hit = cached > 0 ? { cachedContentTokenCount: cached } : {}
  return (
    usage ?? {
      promptTokenCount: PROMPT_TOKENS,
      ...{ candidatesTokenCount: tokens, ...hit, ...thoughts },
    }
  )
}

function* chunksOf(told: Told): Generator<Json> {
  const responseId = 'r1'
  const usageMetadata = usageOf(told)
  if (told.blocks)
    return yield {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata,
      responseId,
    }
  const call = { functionCall: { name: 'add', args: { a: 1 } } }
  const parts: Json[] = [
    ...(told.thinks ? [{ text: 'hm', thought: true }] : []),
    ...(told.calls
      ? [call]
      : Array.from({ length: told.tokens }, (_, at) => ({ text: `word${at} ` }))),
  ]
  for (const [at, part] of parts.entries()) {
    const isLast = at === parts.length - 1
    const ends = isLast ? { finishReason: told.reason } : {}
    const count = isLast ? usageMetadata : { promptTokenCount: PROMPT_TOKENS }
    const content = { role: 'model', parts: [part] }
    yield { candidates: [{ content, index: 0, ...ends }], usageMetadata: count, responseId }
  }
}

interface Candidate {
  readonly content: { readonly parts: readonly Json[] }
}

function merge(chunks: readonly Json[]): Json {
  const last = chunks.at(-1) ?? {}
  const found = chunks.flatMap(({ candidates }) => (candidates ?? []) as readonly Candidate[])
  if (found.length === 0) return last
  const parts = found.flatMap(({ content }) => content.parts)
  return { ...last, candidates: [{ ...found.at(-1), content: { role: 'model', parts } }] }
}

/** Each event leaves on its own, so that none shares the fate of a cut. */
async function stream(
  response: ServerResponse,
  told: Told,
  chunks: readonly Json[],
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [sent, chunk] of chunks.entries()) {
    if (sent === told.cutAfter) return void response.destroy()
    if (sent === told.stopAfter) return void response.end()
    if (sent === told.garbageAfter) response.write('data: {{{\n\n')
    if (sent === told.failAfter) response.write(`data: ${JSON.stringify(errorOf(503, 'busy'))}\n\n`)
    response.write(`data: ${JSON.stringify(chunk)}\r\n\r\n`)
    await pause(3)
    if (response.destroyed) return
  }
  response.end()
}
