/**
 * Posts a small document to a URL that somebody else chose. The name is resolved once, every address it has is checked,
 * and only a checked one is connected to; no redirect is followed, no proxy is used, and little of the answer is read.
 */
import { lookup, type LookupAddress } from 'node:dns'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { hostOf, parseTarget, type Reach, whyNotAddress } from './target.ts'

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

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

const resolveHere: Resolve = (host) => promisify(lookup)(host, { all: true, verbatim: true })

/** A refusal that we made ourselves, in words for whoever gave the URL. */
class Refused extends Error {}

/** Every address must be allowed: a name that also has another one is not for us to pick from. */
async function resolveChecked(url: URL, { reach, resolve = resolveHere }: Post) {
  const addresses = await resolve(hostOf(url))
  if (addresses.length === 0) throw new Refused('Its name has no address.')
  for (const { address } of addresses) {
    const why = whyNotAddress(address, url.protocol, reach)
    if (why !== null) throw new Refused(why)
  }
  return addresses
}

/** Answers a connection's question for an address with what was checked, whatever the name says by now. */
function pin(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses
    if (all === true) answer(null, [...addresses])
    else answer(null, first?.address ?? '', first?.family)
  }
}

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
  // Agents of our own: the shared ones may have been told of a proxy by the environment.
  const agent = isTls ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false })
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

/** Errors of the network and of TLS, in words that name nothing of this machine. */
const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'It refuses connections.',
  ECONNRESET: 'It ended the connection without an answer.',
  EPIPE: 'It ended the connection without an answer.',
  ENOTFOUND: 'Its name is not known.',
  EAI_AGAIN: 'Its name could not be looked up.',
  ENODATA: 'Its name has no address.',
  EHOSTUNREACH: 'There is no way to it.',
  ENETUNREACH: 'There is no way to it.',
  ETIMEDOUT: 'It does not answer.',
  EPROTO: 'It does not speak TLS.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is signed by nobody we know.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate is signed by nobody we know.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Its certificate is signed by nobody we know.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Its certificate is signed by nobody we know.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name.',
}

function explain(error: unknown, timeoutMs: number): string {
  if (error instanceof Refused) return error.message
  const { name, code } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError' || name === 'AbortError' || code === 'ABORT_ERR')
    return `It did not answer within ${timeoutMs / 1000} s.`
  if (code?.startsWith('HPE_')) return 'It does not answer in HTTP.'
  if (code?.startsWith('ERR_SSL_')) return 'It does not speak TLS.'
  return WHY[code ?? ''] ?? 'The connection failed.'
}

/** What came of it; it never throws. */
export async function post(wanted: Post): Promise<PostOutcome> {
  const target = parseTarget(wanted.url, wanted.reach)
  if (target.kind === 'refused') return { kind: 'failed', why: target.why }
  const timeout = AbortSignal.timeout(wanted.timeoutMs)
  const signal = wanted.signal ? AbortSignal.any([wanted.signal, timeout]) : timeout
  try {
    const addresses = await within(resolveChecked(target.url, wanted), signal)
    return await send(target.url, wanted, { lookup: pin(addresses), signal })
  } catch (error) {
    return { kind: 'failed', why: explain(error, wanted.timeoutMs) }
  }
}

/** A look-up cannot be called off; it is waited for no longer than the signal says. */
function within<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as Error)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}
