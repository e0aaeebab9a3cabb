/** One HTTP exchange: what is common to all routes. It knows nothing of models. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Refusal, Refused, renderRefusal } from './refusal.ts'

/** The client closed the connection. Nobody is left to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Aborts when the client goes away or the replica stops. */
  readonly signal: AbortSignal
}

export interface OpenExchange extends Exchange {
  readonly abort: (reason: Error) => void
}

/** Whether a request comes before others that wait: the gateway says so. */
export function isFirst({ request }: Exchange): boolean {
  return request.headers['x-spillway-priority'] === 'first'
}

/** Opens an exchange whose signal follows the connection. */
export function openExchange(request: IncomingMessage, response: ServerResponse): OpenExchange {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new ClientGone())
  })
  return {
    request,
    response,
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
  }
}

export function sendJson({ response }: Exchange, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

export function openStream({ response }: Exchange): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  })
}

/** Writes, and waits when the client reads more slowly than the model speaks. */
export async function write({ response, signal }: Exchange, text: string): Promise<void> {
  if (!response.write(text)) await once(response, 'drain', { signal })
}

export function sendRefusal(exchange: Exchange, refusal: Refusal): void {
  if (refusal.status === 429 || refusal.status === 503)
    exchange.response.setHeader('retry-after', '1')
  // The rest of an unread body would be taken for the next request.
  if (!exchange.request.complete) exchange.response.setHeader('connection', 'close')
  sendJson(exchange, refusal.status, renderRefusal(refusal))
}

/** What an error means for the client. Whatever is not a refusal is a fault of ours, and its text stays here. */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal
  const message = 'The replica failed. The request may be sent again.'
  return { status: 500, type: 'server_error', code: 'server_error', param: null, message }
}
