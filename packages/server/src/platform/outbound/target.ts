/**
 * Whether a URL that somebody gave may be called, as far as its text says. What its name resolves to is looked at when
 * the call is made, in `post.ts`: only that answer is the one that is connected to.
 */
import { isIP } from 'node:net'
import { classifyAddress } from './address.ts'

export interface Reach {
  /** Private addresses too, and there also without TLS: for the operator, or where the fleet file says so. */
  readonly isPrivateAllowed: boolean
}

export type Target =
  | { readonly kind: 'allowed'; readonly url: URL }
  | { readonly kind: 'refused'; readonly why: string }

const WELL_KNOWN_PORTS_END = 1024

/** The host without the brackets that an IPv6 address has in a URL. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function refuse(why: string): Target {
  return { kind: 'refused', why }
}

function whyNotPort(url: URL, { isPrivateAllowed }: Reach): string | null {
  const port = url.port === '' ? null : Number(url.port)
  if (port === null || port === 443 || port >= WELL_KNOWN_PORTS_END) return null
  if (port === 80 && isPrivateAllowed) return null
  return `Port ${port} belongs to another service; use 443 or one from ${WELL_KNOWN_PORTS_END} on.`
}

/** Names that mean this machine, or a network around it, wherever they are asked. */
function isLocalName(host: string): boolean {
  return /(^|\.)(localhost|local|internal|home\.arpa)\.?$/.test(host) || !/[.:]/.test(host)
}

/** Whether an address that a name resolved to, or that stands in the URL, may be connected to. */
export function whyNotAddress(address: string, scheme: string, reach: Reach): string | null {
  const kind = classifyAddress(address)
  if (kind === 'never' || (kind === 'private' && !reach.isPrivateAllowed))
    return 'It is not an address on the public internet.'
  if (kind === 'public' && scheme !== 'https:') return 'A public address is called by https only.'
  return null
}

/** Reads a URL as browsers do, so that every other way of writing an address has become the usual one. */
export function parseTarget(text: string, reach: Reach): Target {
  if (!URL.canParse(text))
    return refuse('It is not a whole URL, such as https://example.com/hooks.')
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && reach.isPrivateAllowed))
    return refuse('It must begin with https://.')
  if (url.username !== '' || url.password !== '')
    return refuse('It must not hold a user name or a password; the signature says who sends.')
  const whyPort = whyNotPort(url, reach)
  if (whyPort !== null) return refuse(whyPort)
  const host = hostOf(url)
  const why = isIP(host) === 0 ? null : whyNotAddress(host, url.protocol, reach)
  if (why !== null) return refuse(why)
  if (!reach.isPrivateAllowed && isLocalName(host))
    return refuse('Its name belongs to a private network.')
  url.hash = ''
  return { kind: 'allowed', url }
}
