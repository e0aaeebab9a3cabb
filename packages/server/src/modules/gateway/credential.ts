/**
 * Reads who is calling from the headers: a key, or the cookie of a browser that is signed in to the console. A cookie
 * is sent by browsers whether the user means it or not, so it counts only in a request of the console's own pages.
 */
import type { Credential } from '#modules/identity/index.ts'
import { crossSite, missingKey, type Refusal } from './refusal.ts'

export type CredentialReading = Credential | Refusal

/** Header names in lower case, as Node gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const COOKIE = 'spillway_session='

function header(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

function readCookie(headers: Headers): string | null {
  for (const part of (header(headers, 'cookie') ?? '').split(';')) {
    const pair = part.trim()
    if (pair.startsWith(COOKIE)) return pair.slice(COOKIE.length)
  }
  return null
}

/**
 * Browsers say where a request comes from in Sec-Fetch-Site, on addresses they trust; elsewhere in Origin, on every
 * request that could change something. A client that sends neither is no browser.
 */
function isSameOrigin(headers: Headers): boolean {
  const site = header(headers, 'sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = header(headers, 'origin')
  return origin === undefined || origin.replace(/^https?:\/\//, '') === header(headers, 'host')
}

export function readCredential(headers: Headers): CredentialReading {
  const authorization = header(headers, 'authorization')
  if (authorization !== undefined) {
    const [scheme, text] = authorization.split(' ', 2)
    if (scheme?.toLowerCase() !== 'bearer' || !text) return missingKey()
    return { kind: 'key', text }
  }
  const apiKey = header(headers, 'x-api-key')
  if (apiKey) return { kind: 'key', text: apiKey }
  const cookie = readCookie(headers)
  if (!cookie) return missingKey()
  return isSameOrigin(headers) ? { kind: 'session', text: cookie } : crossSite()
}

/** What may be shown of a key that did not work. */
export function hintOfWrong({ kind, text }: Credential): string {
  if (kind === 'session' || text.length < 24) return '***'
  return `${text.slice(0, 7)}***${text.slice(-4)}`
}
