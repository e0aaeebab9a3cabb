/**
 * Gets a document of any length from a URL that somebody else chose, or was sent on to. Every hop of a redirect is
 * checked like the first; what proves who asks goes to the first host alone. No proxy is used.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { explain, ownAgent, pin, type Resolve, resolveChecked } from './connection.ts'
import { parseTarget, type Reach } from './target.ts'

const REDIRECTS_MAX = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

export interface Get {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What may be reached at a URL; asked for each hop. */
  readonly reachOf: (url: URL) => Reach
  /** No answer, and no piece of it, may take longer. */
  readonly idleMs: number
  readonly signal: AbortSignal
  readonly resolve?: Resolve | undefined
}

export type GetOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: IncomingMessage['headers']
      /** Must be read or destroyed; fails as the connection does. */
      readonly body: IncomingMessage
    }
  | { readonly kind: 'failed'; readonly why: string }

interface Hop {
  readonly url: URL
  readonly headers: Get['headers']
  readonly lookup: LookupFunction
}

function send({ url, headers, lookup }: Hop, get: Get): Promise<IncomingMessage> {
  const { idleMs, signal } = get
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      { agent: ownAgent(url), headers, lookup, signal },
      (response) => {
        // From here on the connection's fate is the body's.
        request.off('error', reject).on('error', () => undefined)
        resolve(response)
      },
    )
    request.setTimeout(idleMs, () => request.destroy(new IdleTimeout()))
    request.once('error', reject)
    request.end()
  })
}

class IdleTimeout extends Error {
  override readonly name = 'TimeoutError'
}

/** What came of it; it never throws. */
export async function get(wanted: Get): Promise<GetOutcome> {
  let [text, headers] = [wanted.url, wanted.headers]
  try {
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      if (!URL.canParse(text)) return { kind: 'failed', why: 'It sends on to what is no URL.' }
      const reach = wanted.reachOf(new URL(text))
      const target = parseTarget(text, reach)
      if (target.kind === 'refused') return { kind: 'failed', why: target.why }
      const { url } = target
      const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(wanted.idleMs)])
      const addresses = await resolveChecked(url, { ...wanted, reach, signal })
      const response = await send({ url, headers, lookup: pin(addresses) }, wanted)
      const status = response.statusCode ?? 0
      const { location } = response.headers
      if (!REDIRECTS.includes(status) || location === undefined)
        return { kind: 'answered', status, headers: response.headers, body: response }
      response.destroy()
      const next = URL.canParse(location, url.href) ? new URL(location, url) : null
      if (next?.origin !== url.origin) headers = withoutProof(headers)
      text = next?.href ?? location
    }
    return { kind: 'failed', why: 'It sends on from place to place without an end.' }
  } catch (error) {
    return { kind: 'failed', why: explain(error, wanted.idleMs) }
  }
}

function withoutProof(headers: Get['headers']): Get['headers'] {
  const { authorization: _, ...others } = headers
  return others
}
