/**
 * What every call to an address of somebody else's choice has in common: the name is resolved once, every address it has
 * is checked, and only a checked one is connected to. No proxy is used.
 */
import { lookup, type LookupAddress } from 'node:dns'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { hostOf, type Reach, whyNotAddress } from './target.ts'

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

const resolveHere: Resolve = (host) => promisify(lookup)(host, { all: true, verbatim: true })

/** A refusal that we made ourselves, in words for whoever gave the URL. */
class Refused extends Error {}

interface Resolving {
  readonly reach: Reach
  readonly signal: AbortSignal
  /** How names become addresses. Default: as this machine does it. */
  readonly resolve?: Resolve | undefined
}

/** Every address must be allowed: a name that also has another one is not for us to pick from. */
export async function resolveChecked(
  url: URL,
  { reach, signal, resolve = resolveHere }: Resolving,
): Promise<readonly LookupAddress[]> {
  const addresses = await within(resolve(hostOf(url)), signal)
  if (addresses.length === 0) throw new Refused('Its name has no address.')
  for (const { address } of addresses) {
    const why = whyNotAddress(address, url.protocol, reach)
    if (why !== null) throw new Refused(why)
  }
  return addresses
}

/** Answers a connection's question for an address with what was checked, whatever the name says by now. */
export function pin(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses
    if (all === true) answer(null, [...addresses])
    else answer(null, first?.address ?? '', first?.family)
  }
}

/** A look-up for connections that are kept: each new one is checked anew, whatever the name said before. */
export function checkedLookup(scheme: string, reach: Reach): LookupFunction {
  return (host, { all }, answer) => {
    lookup(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error) return answer(error, '')
      const refused = addresses.map(({ address }) => whyNotAddress(address, scheme, reach))
      const why = refused.find((each) => each !== null)
      if (why !== undefined && why !== null) return answer(new Refused(why), '')
      pin(addresses)(host, { all }, answer)
    })
  }
}

/** An agent of our own: the shared ones may have been told of a proxy by the environment. */
export function ownAgent(url: URL): HttpAgent | HttpsAgent {
  return url.protocol === 'https:'
    ? new HttpsAgent({ keepAlive: false })
    : new HttpAgent({ keepAlive: false })
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

/** Why a call failed, as a sentence about whom it went to. */
export function explain(error: unknown, timeoutMs: number): string {
  if (error instanceof Refused) return error.message
  const { name, code } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError' || name === 'AbortError' || code === 'ABORT_ERR')
    return `It did not answer within ${timeoutMs / 1000} s.`
  if (code?.startsWith('HPE_')) return 'It does not answer in HTTP.'
  if (code?.startsWith('ERR_SSL_')) return 'It does not speak TLS.'
  return WHY[code ?? ''] ?? 'The connection failed.'
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
