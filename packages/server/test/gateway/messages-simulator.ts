/**
 * A server that is not one: speaks Anthropic's messages over real HTTP and does whatever the last user message tells it
 * to, faults included. Its words mean nothing.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { parseJson } from '#modules/gateway/index.ts'

const Told = z.object({
  tokens: z.number().int().default(3),
  /** Thinks before it speaks. */
  thinks: z.boolean().default(false),
  /** Calls the first tool it was given instead of speaking. */
  calls: z.boolean().default(false),
  cached: z.number().int().default(0),
  written: z.number().int().default(0),
  status: z.number().int().optional(),
  error: z.string().default('simulated failure'),
  /** After so many events: the connection breaks, an error comes, these bytes come, or it ends in order. */
  cutAfter: z.number().int().optional(),
  failAfter: z.number().int().optional(),
  garbageAfter: z.number().int().optional(),
  garbage: z.string().default('data: {{{\n\n'),
  stopAfter: z.number().int().optional(),
  /** Says nothing more, and holds the line. */
  stallAfter: z.number().int().optional(),
  /** More bytes than an event may have. */
  hugeAfter: z.number().int().optional(),
  /** Counts so, whatever was said. */
  usage: z.record(z.string(), z.unknown()).optional(),
})
export type Told = z.infer<typeof Told>

const Request = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  tools: z.array(z.looseObject({ name: z.string() })).optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1),
})
type Request = z.infer<typeof Request>

export interface MessagesSimulator {
  readonly url: string
  readonly state: {
    lastBody: unknown
    lastPath: string
    /** The key that came with the last request. */
    lastKey: unknown
    aborted: number
  }
  close(): Promise<void>
}

/** What every prompt counts as, beside what is cached. */
export const PROMPT_TOKENS = 12

export async function startMessagesSimulator(): Promise<MessagesSimulator> {
  const state: MessagesSimulator['state'] = {
    ...{ lastBody: null, lastPath: '', lastKey: null, aborted: 0 },
  }
  const server = createServer((request, response) => void answer(request, response, state))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function readTold({ messages }: Request): Told {
  const content = messages.at(-1)?.content
  const [block] = Array.isArray(content) ? (content as unknown[]) : [{ text: content }]
  const text = z.object({ text: z.string() }).safeParse(block)
  const json = text.success && text.data.text.startsWith('{') ? parseJson(text.data.text) : {}
  return Told.parse(json ?? {})
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: MessagesSimulator['state'],
): Promise<void> {
  response.on('close', () => {
    if (!response.writableFinished) state.aborted += 1
  })
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Request.parse(parseJson(Buffer.concat(chunks).toString()))
  state.lastBody = body
  state.lastPath = request.url ?? ''
  state.lastKey = request.headers['x-api-key']
  const told = readTold(body)
  if (request.headers['anthropic-version'] === undefined)
    return sendError(response, 400, 'anthropic-version: header is required')
  if (told.status !== undefined) return sendError(response, told.status, told.error)
  if (request.url === '/v1/messages/count_tokens')
    return send(response, 200, { input_tokens: PROMPT_TOKENS })
  if (body.stream === true) await stream(response, told, body)
  else send(response, 200, render(told, body))
}

function send(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

function sendError(response: ServerResponse, status: number, message: string): void {
  send(response, status, { type: 'error', error: { type: 'simulated', message } })
}

const word = (index: number) => `word${index} `

function usageOf({ cached, written, usage, tokens }: Told) {
  return (
    usage ?? {
      input_tokens: PROMPT_TOKENS,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: written,
      output_tokens: tokens,
    }
  )
}

function blocksOf(told: Told, { tools = [] }: Request) {
  const thought = { type: 'thinking', thinking: 'hm', signature: 'signed' }
  const [tool] = tools
  const call = { type: 'tool_use', id: 'toolu_1', name: tool?.name ?? 'none', input: { a: 1 } }
  const text = Array.from({ length: told.tokens }, (_, index) => word(index)).join('')
  return [...(told.thinks ? [thought] : []), told.calls ? call : { type: 'text', text }]
}

function head(told: Told, { model }: Request, content: readonly unknown[]) {
  const ends = { stop_reason: content.length === 0 ? null : reasonOf(told), stop_sequence: null }
  return {
    ...{ id: 'msg_simulated', type: 'message', role: 'assistant', model, content },
    ...ends,
    usage: usageOf(told),
  }
}

const reasonOf = ({ calls }: Told) => (calls ? 'tool_use' : 'end_turn')

function render(told: Told, body: Request) {
  return head(told, body, blocksOf(told, body))
}

/** The deltas of a block, and what it opens with. */
function deltasOf(block: Readonly<Record<string, unknown>>, { tokens }: Told) {
  if (block['type'] === 'thinking')
    return {
      opening: { ...block, thinking: '', signature: '' },
      deltas: [
        { type: 'thinking_delta', thinking: block['thinking'] },
        { type: 'signature_delta', signature: block['signature'] },
      ],
    }
  if (block['type'] === 'tool_use') {
    const text = JSON.stringify(block['input'])
    const halves = [text.slice(0, 3), text.slice(3)]
    return {
      opening: { ...block, input: {} },
      deltas: halves.map((half) => ({ type: 'input_json_delta', partial_json: half })),
    }
  }
  return {
    opening: { ...block, text: '' },
    deltas: Array.from({ length: tokens }, (_, index) => ({
      type: 'text_delta',
      text: word(index),
    })),
  }
}

function* eventsOf(told: Told, body: Request): Generator<Readonly<Record<string, unknown>>> {
  const message = head(told, body, [])
  yield {
    type: 'message_start',
    message: { ...message, usage: { ...message.usage, output_tokens: 1 } },
  }
  yield { type: 'ping' }
  for (const [index, block] of blocksOf(told, body).entries()) {
    const { opening, deltas } = deltasOf(block, told)
    yield { type: 'content_block_start', index, content_block: opening }
    for (const delta of deltas) yield { type: 'content_block_delta', index, delta }
    yield { type: 'content_block_stop', index }
  }
  yield {
    type: 'message_delta',
    delta: { stop_reason: reasonOf(told), stop_sequence: null },
    usage: told.usage ?? { output_tokens: told.tokens },
  }
  yield { type: 'message_stop' }
}

/** Each event leaves on its own, so that none shares the fate of a cut. */
async function stream(response: ServerResponse, told: Told, body: Request): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  let sent = 0
  for (const event of eventsOf(told, body)) {
    if (sent === told.cutAfter) return void response.destroy()
    if (sent === told.stallAfter) return
    if (sent === told.stopAfter) return void response.end()
    if (sent === told.hugeAfter) response.write(`data: ${'x'.repeat(9 * 1024 * 1024)}`)
    if (sent === told.garbageAfter) response.write(told.garbage)
    if (sent === told.failAfter) {
      const error = { type: 'overloaded_error', message: 'simulated failure' }
      return void response.end(
        `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`,
      )
    }
    response.write(`event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`)
    sent += 1
    await pause(3)
    if (response.destroyed) return
  }
  response.end()
}
