/**
 * A model's server that is not one: speaks the OpenAI dialect over real HTTP and does whatever the last message of a
 * request tells it to, faults included. For tests and demonstrations; its words mean nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { parseJson } from '#modules/gateway/index.ts'
import { PROMPT_TOKENS, renderChunks, renderCompletion, type Script } from './simulated-answer.ts'
import {
  firstText,
  renderEmbeddings,
  renderTextChunks,
  renderTexts,
  TextBehaviour,
  TextRequest,
} from './simulated-texts.ts'

/** Written as JSON in the last message, this is what the simulator does. */
export const Behaviour = z.object({
  tokens: z.number().int().default(5),
  /** What it says, reasons, calls and refuses instead of words, and why it ends. */
  says: z.string().optional(),
  thinks: z.string().optional(),
  calls: z.array(z.string()).optional(),
  refuses: z.string().optional(),
  finish: z.string().optional(),
  hasClasses: z.boolean().optional(),
  /** Before each chunk. */
  delayMs: z.number().default(0),
  /** What it counts: as asked, only at the end, beside the last output, not at all, or zero. */
  usage: z.enum(['as_asked', 'final', 'beside', 'none', 'zero']).default('as_asked'),
  /** Answers this instead of a completion. */
  status: z.number().int().optional(),
  error: z.record(z.string(), z.unknown()).optional(),
  /** The connection breaks after so many chunks. */
  cutAfter: z.number().int().optional(),
  /** Sends an error in the stream after so many chunks. */
  failAfter: z.number().int().optional(),
  /** Ends in order, but without finish or [DONE], after so many chunks. */
  stopAfter: z.number().int().optional(),
  /** Sends these bytes instead of anything sensible. */
  garbage: z.string().optional(),
  /** The first request with this word is dropped without an answer, as by a server that closes idle connections. */
  dropOnce: z.string().optional(),
  /** The first request with this word is told that there is no room. */
  busyOnce: z.string().optional(),
  /** Answers only once the gate was opened. */
  isGated: z.boolean().default(false),
  /** Falls silent for a while after so many chunks. */
  pauseAfter: z.number().int().optional(),
  pauseMs: z.number().default(0),
  hasDone: z.boolean().default(true),
})
export type Behaviour = z.infer<typeof Behaviour>

const Request = z.looseObject({
  model: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({
      include_usage: z.boolean().optional(),
      continuous_usage_stats: z.boolean().optional(),
    })
    .nullish(),
  logprobs: z.boolean().nullish(),
  messages: z.array(z.looseObject({ content: z.unknown() })).min(1),
})

export interface SimulatorState {
  requests: number
  /** Requests whose caller left before the answer was complete. */
  aborted: number
  /** Tokens that left in chunks, over all requests. */
  tokensSent: number
  lastBody: unknown
  lastHeaders: IncomingMessage['headers']
  readonly dropped: Set<string>
  /** Requests that wait at the gate. */
  gated: number
  /** What it says of its own load; null: it says nothing. */
  metrics: string | null
  /** How often it was asked for that. */
  metricsRead: number
}

export interface UpstreamSimulator {
  readonly server: Server
  readonly state: SimulatorState
  /** Base address, such as `http://127.0.0.1:1234/v1`. */
  readonly url: string
  openGate(): void
  close(): Promise<void>
}

export async function startUpstreamSimulator(port = 0): Promise<UpstreamSimulator> {
  const state: SimulatorState = {
    requests: 0,
    aborted: 0,
    tokensSent: 0,
    lastBody: null,
    lastHeaders: {},
    dropped: new Set(),
    gated: 0,
    metrics: null,
    metricsRead: 0,
  }
  const gate = Promise.withResolvers<void>()
  const server = createServer(
    (request, response) => void answer(request, response, { state, gate: gate.promise }),
  )
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  return {
    server,
    state,
    url: `http://127.0.0.1:${bound}/v1`,
    openGate: () => gate.resolve(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** A message that is no JSON is an ordinary prompt. */
function readBehaviour(content: unknown): Behaviour {
  const parsed = z
    .string()
    .transform((text, context) => {
      if (text.startsWith('{')) return parseJson(text)
      context.addIssue('an ordinary prompt')
      return z.NEVER
    })
    .pipe(Behaviour)
    .safeParse(content)
  return parsed.success ? parsed.data : Behaviour.parse({})
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { state, gate }: { readonly state: SimulatorState; readonly gate: Promise<void> },
): Promise<void> {
  if (request.url === '/metrics') return tellLoad(response, state)
  state.requests += 1
  state.lastHeaders = request.headers
  response.on('close', () => {
    if (!response.writableFinished) state.aborted += 1
  })
  response.setHeader('x-simulator', 'spillway-upstream')
  const asked = parseJson(await readText(request))
  if (!request.url?.endsWith('/chat/completions')) {
    state.lastBody = asked
    return answerText(response, request.url ?? '', TextRequest.parse(asked))
  }
  const body = Request.parse(asked)
  state.lastBody = body
  const behaviour = readBehaviour(body.messages.at(-1)?.content)
  if (behaviour.dropOnce !== undefined && !state.dropped.has(behaviour.dropOnce)) {
    state.dropped.add(behaviour.dropOnce)
    return void response.destroy()
  }
  if (behaviour.busyOnce !== undefined && !state.dropped.has(behaviour.busyOnce)) {
    state.dropped.add(behaviour.busyOnce)
    return sendJson(response, { error: { message: 'no room' } }, 503)
  }
  if (behaviour.isGated) {
    state.gated += 1
    await gate
  }
  const script: Script = {
    ...behaviour,
    model: body.model,
    hasLogprobs: body.logprobs === true,
    isCounted: body.stream_options?.include_usage === true,
    isCountedContinuously: body.stream_options?.continuous_usage_stats === true,
  }
  if (behaviour.status !== undefined)
    return sendJson(response, { error: behaviour.error }, behaviour.status)
  if (body.stream !== true) {
    await pause(behaviour.delayMs)
    return behaviour.garbage === undefined
      ? sendJson(response, renderCompletion(script))
      : void response.end(behaviour.garbage)
  }
  await stream(response, { script, behaviour, state })
}

function tellLoad(response: ServerResponse, state: SimulatorState): void {
  state.metricsRead += 1
  response.statusCode = state.metrics === null ? 404 : 200
  response.end(state.metrics ?? 'nothing here')
}

function answerText(response: ServerResponse, url: string, request: TextRequest): void {
  const told = firstText(request)
  const isTold = typeof told === 'string' && told.startsWith('{')
  const behaviour = TextBehaviour.parse(isTold ? parseJson(told) : {})
  if (url.endsWith('/tokenize')) return sendJson(response, { count: PROMPT_TOKENS })
  if (url.endsWith('/embeddings')) return sendJson(response, renderEmbeddings(request, behaviour))
  if (request.stream !== true) return sendJson(response, renderTexts(request, behaviour))
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const chunk of renderTextChunks(request, behaviour))
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  response.end('data: [DONE]\n\n')
}

function sendJson(response: ServerResponse, json: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

interface Streaming {
  readonly script: Script
  readonly behaviour: Behaviour
  readonly state: SimulatorState
}

async function stream(
  response: ServerResponse,
  { script, behaviour, state }: Streaming,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  let sent = 0
  for (const { json, tokens } of renderChunks(script)) {
    if (behaviour.delayMs > 0) await pause(behaviour.delayMs)
    if (sent === behaviour.pauseAfter) await pause(behaviour.pauseMs, undefined, { ref: false })
    if (response.destroyed) return
    if (sent === behaviour.cutAfter) return void response.destroy()
    if (sent === behaviour.stopAfter) return void response.end()
    if (sent === behaviour.failAfter)
      return void response.end(
        `data: ${JSON.stringify({ error: { message: 'simulated failure' } })}\n\n`,
      )
    response.write(`data: ${JSON.stringify(json)}\n\n`)
    state.tokensSent += tokens
    sent += 1
  }
  if (behaviour.garbage !== undefined) response.write(behaviour.garbage)
  response.end(behaviour.hasDone ? 'data: [DONE]\n\n' : '')
}
