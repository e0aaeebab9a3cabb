/** A model's server that answers with any bytes at all: what each request gets is named by its last message. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { parseJson } from '#modules/gateway/index.ts'

export type RawAnswer = (response: ServerResponse, request: IncomingMessage) => void

export interface RawUpstream {
  readonly url: string
  /** Connections that are open now. */
  connections(): Promise<number>
  close(): Promise<void>
}

const Request = z.looseObject({ messages: z.array(z.looseObject({ content: z.string() })).min(1) })

async function serve(
  answers: Readonly<Record<string, RawAnswer>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Request.parse(parseJson(Buffer.concat(pieces).toString()))
  const answer = answers[body.messages.at(-1)?.content ?? '']
  if (answer) answer(response, request)
  else response.writeHead(404).end()
}

export async function startRawUpstream(
  answers: Readonly<Record<string, RawAnswer>>,
): Promise<RawUpstream> {
  const server = createServer((request, response) => void serve(answers, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One chunk of a streamed chat, as text on the wire. */
export function chunkOf(content: string | null, more: object = {}): string {
  const delta = content === null ? {} : { content }
  const finish_reason = content === null ? 'stop' : null
  const choices = [{ index: 0, delta, finish_reason }]
  const head = { id: 'chatcmpl-raw', object: 'chat.completion.chunk', created: 1, model: 'raw' }
  return `data: ${JSON.stringify({ ...head, choices, ...more })}\n\n`
}
