/**
 * Posts a small document to a URL that somebody else chose. The name is resolved once, every address it has is checked,
 * and only a checked one is connected to; no redirect is followed, no proxy is used, and little of the answer is read.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { explain, ownAgent, pin, type Resolve, resolveChecked } from './connection.ts'
import { parseTarget, type Reach } from './target.ts'

export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly reach: Reach
  readonly timeoutMs: number
  /** At most so much of the answer is read. */
  readonly answerBytesMax: number
  readonly signal?: AbortSignal
  /** How names become addresses. Default: as this machine does it. */
  readonly resolve?: Resolve
}

export type PostOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly excerpt: string }
  | { readonly kind: 'failed'; readonly why: string }

async function readExcerpt(response: IncomingMessage, bytesMax: number): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece)
    size += piece.length
    if (size >= bytesMax) break
  }
  return Buffer.concat(pieces).subarray(0, bytesMax).toString('utf8')
}

function send(url: URL, post: Post, options: { lookup: LookupFunction; signal: AbortSignal }) {
  const isTls = url.protocol === 'https:'
  const agent = ownAgent(url)
  return new Promise<PostOutcome>((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(
      url,
      {
        method: 'POST',
        agent,
        ...options,
        headers: { ...post.headers, 'content-length': String(Buffer.byteLength(post.body)) },
      },
      (response) => {
        const status = response.statusCode ?? 0
        // It has answered; what becomes of the connection from here on changes nothing.
        request.off('error', reject).on('error', () => undefined)
        readExcerpt(response, post.answerBytesMax)
          .catch(() => '' /* So does how its text breaks off. */)
          .then((excerpt) => resolve({ kind: 'answered', status, excerpt }), reject)
          .finally(() => request.destroy())
      },
    )
    request.once('error', reject)
    request.end(post.body)
  })
}

/** What came of it; it never throws. */
export async function post(wanted: Post): Promise<PostOutcome> {
  const target = parseTarget(wanted.url, wanted.reach)
  if (target.kind === 'refused') return { kind: 'failed', why: target.why }
  const timeout = AbortSignal.timeout(wanted.timeoutMs)
  const signal = wanted.signal ? AbortSignal.any([wanted.signal, timeout]) : timeout
  try {
    const addresses = await resolveChecked(target.url, { ...wanted, signal })
    return await send(target.url, wanted, { lookup: pin(addresses), signal })
  } catch (error) {
    return { kind: 'failed', why: explain(error, wanted.timeoutMs) }
  }
}
