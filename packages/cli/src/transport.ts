/** `fetch` with words: turns what can go wrong between here and the server into failures that say what to do. */
import { Problem, ProblemError } from '@spillway/contract'
import { Unreachable } from './failure.ts'
import { asObject, asText, parseObject } from './parse/json.ts'

/** The control API answers in milliseconds; this only bounds a server that hangs. */
const HEADERS_TIMEOUT_MS = 60_000

export interface TransportOptions {
  readonly fetch: typeof fetch
  readonly url: string
  readonly headersTimeoutMs?: number
}

/** Makes the `fetch` that the client uses. The bound is on the answer's headers: a stream may last for days. */
export function createTransport(options: TransportOptions): typeof fetch {
  const { url, headersTimeoutMs = HEADERS_TIMEOUT_MS } = options
  return async (input, init = {}) => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), headersTimeoutMs)
    const signals = [late.signal, ...(init.signal ? [init.signal] : [])]
    try {
      const response = await options.fetch(input, { ...init, signal: AbortSignal.any(signals) })
      if (!isSpeaking(response)) throw notSpillway(url)
      const away = await readAway(response, url)
      if (away !== null) throw away
      return response
    } catch (error) {
      if (init.signal?.aborted === true || error instanceof Unreachable) throw error
      throw late.signal.aborted ? tooLate(url, headersTimeoutMs) : unreachable(url, error)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Whether an answer can come from Spillway: an error without a problem document is left to the client. */
function isSpeaking(response: Response): boolean {
  if (!response.ok || response.status === 204) return true
  const type = response.headers.get('content-type') ?? ''
  return /^(application\/json|text\/event-stream|text\/plain)\b/.test(type)
}

const AWAY = new Set([502, 503, 504])

/**
 * What stands in front of the API, such as the gateway or a proxy, answers for it while it is away. Its own problems
 * and the errors of models pass.
 */
async function readAway(response: Response, url: string): Promise<Unreachable | null> {
  if (!AWAY.has(response.status)) return null
  const document = parseObject(await response.clone().text())
  if (Problem.safeParse(document).success || asObject(document?.['error']) !== null) return null
  const text = asText(document?.['detail']) ?? `${url} answers ${response.status}: the API is away.`
  return new Unreachable(text, {
    remedy: asText(document?.['remedy']) ?? 'Try again in a moment.',
  })
}

/** Whether trying again later may help: the server, or its database, is away for now. */
export function isAway(error: unknown): boolean {
  if (error instanceof ProblemError)
    return ['database.unavailable', 'server.unavailable'].includes(error.problem.code)
  return error instanceof Unreachable
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

/** Turns a broken connection into a failure with a remedy. */
export function unreachable(url: string, error: unknown): Unreachable {
  const code = codeOf(error)
  if (code === 'ECONNREFUSED' && isLoopback(url))
    return new Unreachable(`Nothing answers at ${url}.`, {
      remedy: 'Start it with `npm start` in the Spillway folder.',
      cause: error,
    })
  const reason = REASONS[code] ?? (code === '' ? text(error) : code)
  return new Unreachable(`${url} cannot be reached: ${reason}.`, {
    remedy: 'Check the address (--url, SPILLWAY_URL) and that the server runs.',
    cause: error,
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed; name its authority in NODE_EXTRA_CA_CERTS',
}

function tooLate(url: string, afterMs: number): Unreachable {
  return new Unreachable(
    `${url} accepted the request but has not answered for ${afterMs / 1000} s.`,
    {
      remedy: 'Look at the server, then try again.',
    },
  )
}

function notSpillway(url: string): Unreachable {
  return new Unreachable(`Something answers at ${url}, but it is not Spillway.`, {
    remedy: 'Check the address (--url, SPILLWAY_URL).',
  })
}

/** Node wraps the reason: `fetch failed`, caused by the system's error, or by several of them. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  const code = (first as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
