/**
 * What of a request's headers a lease may see, and what of its answer a client may: nothing that belongs to one
 * connection, no credential of ours, nothing that would act on the pages of the installation itself. Pure.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { SESSION_COOKIE } from '#platform/http/bind.ts'

export type Headers = Record<string, string | string[]>

/** A key for the installation, where `Authorization` is the service's own. */
export const KEY_HEADER = 'x-spillway-key'

/** Headers that speak about one connection, not about the message. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]

/** They would act on the whole origin, which is not the service's. */
const OF_THE_ORIGIN = ['clear-site-data', 'strict-transport-security', 'service-worker-allowed']

/**
 * A page of a service that a signed-in browser shows lives in the console's origin. It gets one of its own, so that
 * its scripts cannot speak for whoever is signed in.
 */
const OWN_ORIGIN = 'sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts'

export interface Forwarding {
  /** How the caller showed who it is. */
  readonly credential: 'bearer' | 'key_header' | 'session'
  /** Where the service answers, with a slash at its end. */
  readonly basePath: string
  readonly isUpgrade: boolean
  /** As the operator says that people reach this installation; null: as they do reach it. */
  readonly publicUrl: string | null
}

function dropped(headers: IncomingHttpHeaders): Set<string> {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  return new Set([...HOP_BY_HOP, ...named])
}

/** The cookies without the one that is ours. */
export function withoutSession(cookies: string): string {
  return cookies
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !pair.startsWith(`${SESSION_COOKIE}=`))
    .join('; ')
}

/**
 * Where the service is, seen from outside. Whether there is TLS in front of this installation only its operator knows:
 * what a client says of it could come from anybody.
 */
function outsideOf(headers: IncomingHttpHeaders, publicUrl: string | null): Headers {
  if (publicUrl === null)
    return { 'x-forwarded-host': headers.host ?? '', 'x-forwarded-proto': 'http' }
  const { host, protocol } = new URL(publicUrl)
  return { 'x-forwarded-host': host, 'x-forwarded-proto': protocol.replace(':', '') }
}

/** The headers with which a request goes on to the lease. */
export function toService(headers: IncomingHttpHeaders, forwarding: Forwarding): Headers {
  const out = dropped(headers).add('host').add('cookie').add('forwarded').add(KEY_HEADER)
  for (const name of Object.keys(headers)) if (name.startsWith('x-forwarded-')) out.add(name)
  if (forwarding.credential === 'bearer') out.add('authorization')
  const kept: Headers = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !out.has(name)) kept[name] = value
  const cookies = withoutSession(headers.cookie ?? '')
  if (cookies !== '') kept['cookie'] = cookies
  const hasLength = 'content-length' in headers
  if ('transfer-encoding' in headers && !hasLength) kept['transfer-encoding'] = 'chunked'
  if (forwarding.isUpgrade)
    Object.assign(kept, { connection: 'Upgrade', upgrade: headers.upgrade ?? '' })
  return {
    ...kept,
    host: 'localhost',
    // The gateway, in front of this process, names the client here and believes nobody else.
    'x-forwarded-for': headers['x-forwarded-for'] ?? '',
    ...outsideOf(headers, forwarding.publicUrl),
    'x-forwarded-prefix': forwarding.basePath.replace(/\/$/, ''),
  }
}

/** An address below the service's root, seen from outside. */
function outward(location: string, basePath: string): string {
  const isOwn = location.startsWith('/') && !location.startsWith('//')
  return isOwn && !location.startsWith(basePath) ? basePath + location.slice(1) : location
}

/** A cookie of the service, kept below its own path; null for one that would take the place of ours. */
function ownCookie(cookie: string, basePath: string): string | null {
  const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim())
  if (pair.startsWith(`${SESSION_COOKIE}=`)) return null
  const kept = attributes.filter((each) => !/^(path|domain)=/i.test(each))
  const path = attributes.find((each) => /^path=/i.test(each))?.slice('path='.length) ?? '/'
  return [pair, ...kept, `Path=${outward(path, basePath)}`].join('; ')
}

/** The headers with which the lease's answer goes back. */
export function toClient(headers: IncomingHttpHeaders, forwarding: Forwarding): Headers {
  const out = dropped(headers)
  for (const name of OF_THE_ORIGIN) out.add(name)
  const kept: Headers = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !out.has(name)) kept[name] = value
  const { basePath, credential, isUpgrade } = forwarding
  if (headers.location !== undefined) kept['location'] = outward(headers.location, basePath)
  const cookies = (headers['set-cookie'] ?? []).flatMap((each) => ownCookie(each, basePath) ?? [])
  delete kept['set-cookie']
  if (cookies.length > 0) kept['set-cookie'] = cookies
  if (credential === 'session') {
    const own = headers['content-security-policy']
    kept['content-security-policy'] = own === undefined ? OWN_ORIGIN : [String(own), OWN_ORIGIN]
  }
  if (isUpgrade) Object.assign(kept, { connection: 'Upgrade', upgrade: headers.upgrade ?? '' })
  return kept
}
