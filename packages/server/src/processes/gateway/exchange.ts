/** One HTTP exchange of the inference API: the request's bytes in, an answer out. Knows nothing of models or money. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect, Refusal } from '#modules/gateway/index.ts'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  /** What the client speaks. */
  readonly dialect: Dialect
  /** On the monotonic clock. */
  readonly startedMs: number
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
