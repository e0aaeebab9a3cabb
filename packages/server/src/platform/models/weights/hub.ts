/**
 * The protocol of the Hugging Face hub, as far as one file needs it: ask what a file is, then open it from some byte
 * on. The hub answers with a redirect to a content server; credentials are never sent there.
 */
import { Agent, type Dispatcher, request } from 'undici'
import type { WeightsFailure } from './outcome.ts'

export interface Hub {
  readonly token: string | null
  readonly dispatcher: Dispatcher
}

/** What the hub says of a file before a byte of it is loaded. */
export interface HubFile {
  readonly kind: 'file'
  /** The checksum that large files are stored under; small ones have none. */
  readonly sha256: string | null
  readonly bytes: number | null
}

const CONNECT_TIMEOUT_MS = 5_000
const HEADERS_TIMEOUT_MS = 15_000
/** A download that gives no byte for this long is cut off and taken up again. */
const SILENCE_TIMEOUT_MS = 30_000
const REDIRECTS_MAX = 5
const SHA256 = /^[0-9a-f]{64}$/

export function createHubDispatcher(): Dispatcher {
  return new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
  })
}

type Headers = Dispatcher.ResponseData['headers']

export function header(headers: Headers, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? null
}

/** An entity tag without its quotes; a weak one says nothing about bytes. */
export function strongTag(value: string | null): string | null {
  if (value === null || value.startsWith('W/')) return null
  return value.replaceAll('"', '')
}

interface Step {
  readonly method: 'HEAD' | 'GET'
  readonly url: string
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
}

function send(hub: Hub, step: Step, isAtHub: boolean): Promise<Dispatcher.ResponseData> {
  const authorization =
    isAtHub && hub.token !== null ? { authorization: `Bearer ${hub.token}` } : {}
  return request(step.url, {
    method: step.method,
    headers: {
      'user-agent': 'spillway',
      'accept-encoding': 'identity',
      ...step.headers,
      ...authorization,
    },
    dispatcher: hub.dispatcher,
    signal: step.signal,
  })
}

/** Asks about a file. The hub itself answers; only redirects within it, for renamed repositories, are followed. */
export async function askHub(
  hub: Hub,
  url: string,
  signal: AbortSignal,
): Promise<HubFile | WeightsFailure> {
  let at = url
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const { statusCode, headers, body } = await send(
      hub,
      { method: 'HEAD', url: at, headers: {}, signal },
      true,
    )
    await body.dump()
    const location = statusCode >= 300 && statusCode < 400 ? header(headers, 'location') : null
    const next = location === null ? null : new URL(location, at)
    const isDescribed = header(headers, 'x-linked-etag') !== null
    if (next && !isDescribed && next.origin === new URL(at).origin) at = next.href
    else if (statusCode >= 400) return refusal(statusCode, headers, url)
    else return describe(headers, next !== null)
  }
  return { kind: 'unreachable', text: `${url} redirects in a circle.` }
}

function describe(headers: Headers, isRedirect: boolean): HubFile {
  const tag = strongTag(header(headers, 'x-linked-etag') ?? header(headers, 'etag'))
  // The length of a redirect is that of its own text.
  const length =
    header(headers, 'x-linked-size') ?? (isRedirect ? null : header(headers, 'content-length'))
  return {
    kind: 'file',
    sha256: tag !== null && SHA256.test(tag) ? tag : null,
    bytes: length !== null && /^\d+$/.test(length) ? Number(length) : null,
  }
}

/** Opens a file, following redirects, with the token only for as long as the request stays at the hub. */
export async function openHubFile(
  hub: Hub,
  url: string,
  { headers, signal }: Pick<Step, 'headers' | 'signal'>,
): Promise<Dispatcher.ResponseData | WeightsFailure> {
  const { origin } = new URL(url)
  let at = url
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const isAtHub = new URL(at).origin === origin
    const response = await send(hub, { method: 'GET', url: at, headers, signal }, isAtHub)
    const location = header(response.headers, 'location')
    if (response.statusCode < 300 || response.statusCode >= 400 || location === null)
      return response
    await response.body.dump()
    at = new URL(location, at).href
  }
  return { kind: 'unreachable', text: `${url} redirects in a circle.` }
}

/** What a status above 400 means. */
export function refusal(statusCode: number, headers: Headers, url: string): WeightsFailure {
  const reason = header(headers, 'x-error-message') ?? `HTTP ${statusCode}`
  // The hub answers 401 for what does not exist when no token was sent; the code tells them apart.
  const code = header(headers, 'x-error-code')
  if (statusCode === 404 || code === 'RepoNotFound')
    return { kind: 'not_found', text: `The hub has no ${url} (${reason}).` }
  if (statusCode === 401 || statusCode === 403)
    return {
      kind: 'access_denied',
      text: `The hub refuses ${url} (${reason}). Set HF_TOKEN, and accept the licence of the model.`,
    }
  return { kind: 'unreachable', text: `The hub does not give ${url} (${reason}).` }
}

/** An error of the connection, in words. */
export function unreachable(url: string, error: unknown): WeightsFailure {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  const message = error instanceof Error && error.message !== '' ? error.message : 'no reason given'
  return { kind: 'unreachable', text: `${new URL(url).host} cannot be reached${code}: ${message}.` }
}
