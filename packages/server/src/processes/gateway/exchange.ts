/** One HTTP exchange of the inference API: the request's bytes in, an answer out. Knows nothing of models or money. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  AnswerEvent,
  Bill,
  Call,
  CallRecord,
  Dialect,
  Refusal,
  Sight,
} from '#modules/gateway/index.ts'

/** Where an answer goes: the client's connection, or what stands before it. */
export interface ClientResponse {
  readonly headersSent: boolean
  readonly destroyed: boolean
  setHeader(name: string, value: string): unknown
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown
  write(text: string): boolean
  end(text?: string): unknown
  on(event: 'close' | 'drain', listener: () => void): unknown
  once(event: 'close' | 'drain', listener: () => void): unknown
  off(event: 'close' | 'drain', listener: () => void): unknown
}

/** A whole answer, for who keeps it. */
export interface Answered {
  readonly call: Call
  readonly used: Bill
  /** What it says; null where that was not followed. */
  readonly events: () => readonly AnswerEvent[] | null
  /** The server's own words, of an answer in one piece. */
  readonly text: string | null
}

/** Who is told of an answer beside the client. */
export interface Keeping {
  readonly record?: CallRecord | undefined
  /** What a stream says is followed on its way. */
  readonly isFollowed?: boolean
  /** The answer is whole and on record; its last words go out next. */
  readonly onWhole: (answered: Answered) => void
}

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ClientResponse
  readonly requestId: string
  /** What the client speaks. */
  readonly dialect: Dialect
  /** On the monotonic clock. */
  readonly startedMs: number
  /** Absent for most. */
  readonly kept?: Keeping
  /** Who looks on, once it is known who calls; null: nobody. */
  sight: Sight | null
}

/** One that has the client's own connection. */
export interface ServedExchange extends Exchange {
  readonly response: ServerResponse
}

/** Whoever waits for an answer, as far as servers are asked for it: somebody who may leave. */
export interface Waiting {
  readonly response: {
    readonly destroyed: boolean
    on(event: 'close', listener: () => void): unknown
    once(event: 'close', listener: () => void): unknown
    off(event: 'close', listener: () => void): unknown
  }
  /** Absent: nobody looks on. */
  readonly sight?: Sight | null
}

/** Room for a million tokens of text, or a few images. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024

export type BodyReading =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'aborted' }

/**
 * A larger body is read to its end and thrown away, since a client that is cut off while it sends never reads why;
 * beyond this, it is cut off.
 */
const DISCARDED_BYTES_MAX = 4 * BODY_BYTES_MAX

/** Reads the whole body, and keeps no more of it than is allowed. */
export function readBody(request: IncomingMessage): Promise<BodyReading> {
  return new Promise((resolve) => {
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > DISCARDED_BYTES_MAX) return resolve({ kind: 'too_large' })
    let chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= BODY_BYTES_MAX) chunks.push(chunk)
      else chunks = []
      if (size > DISCARDED_BYTES_MAX) resolve({ kind: 'too_large' })
    })
    request.on('end', () => {
      const [first] = chunks
      const bytes = chunks.length === 1 && first ? first : Buffer.concat(chunks)
      resolve(size > BODY_BYTES_MAX ? { kind: 'too_large' } : { kind: 'body', bytes })
    })
    request.on('error', () => resolve({ kind: 'aborted' }))
    request.on('close', () => resolve({ kind: 'aborted' }))
  })
}

export function sendJson(
  exchange: Exchange,
  text: string,
  headers?: Readonly<Record<string, string>>,
): void {
  const { response, requestId } = exchange
  if (response.headersSent || response.destroyed) return
  response.writeHead(200, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-request-id': requestId,
  })
  response.end(text)
}

export function sendRefusal(exchange: Exchange, refusal: Refusal): void {
  const { request, response, requestId, dialect } = exchange
  if (response.headersSent || response.destroyed) return
  exchange.sight?.refuse(refusal)
  const { status, headers, body: text } = dialect.renderRefusal(refusal, requestId)
  // What was not read of a body would be taken for the next request.
  const isUnread = !request.complete
  response.writeHead(status, {
    ...headers,
    ...(isUnread ? { connection: 'close' } : {}),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-request-id': requestId,
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
