/** Connections to the servers behind the models: one pool each, kept warm, closed when the last route to it is gone. */
import { type Dispatcher, Pool } from 'undici'
import { PROVIDERS, type Target, type UpstreamRequest } from '#modules/gateway/index.ts'
import { checkedLookup } from '#platform/outbound/connection.ts'
import { SecretKeeper } from './secret-keeper.ts'

interface Upstream {
  readonly pool: Pool
  /** Path of the base address. */
  readonly base: string
}

export interface UpstreamsDeps {
  /** Opens what the database keeps sealed. */
  readonly openCredential: (sealed: string) => string
  readonly silenceMaxMs: number
}

/** Of the operator's upstreams: private networks too, but nothing that no request is for. */
const REACH = { isPrivateAllowed: true }
const CONNECT_WITHIN_MS = 2_000
/** A long prompt may take minutes until the first word. */
const FIRST_BYTE_WITHIN_MS = 10 * 60_000

export class Upstreams {
  readonly #deps: UpstreamsDeps
  readonly #upstreams = new Map<string, Upstream>()
  /** What proves who asks, by what it was sealed in. Nowhere else is it readable. */
  readonly #credentials = new Map<string, Readonly<Record<string, string>>>()

  readonly #secrets = new Map<string, string>()

  constructor(deps: UpstreamsDeps) {
    this.#deps = deps
  }

  /** Sends a request to a target; the answer goes to the handler. */
  dispatch(target: Target, request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    const { pool, base } = this.#upstreamOf(target)
    const { headers: own, body, isFromRoot } = request
    const path = (isFromRoot ? base.replace(/\/v\d+$/, '') : base) + request.path
    const headers = this.#headersOf(target, own)
    const asked = { method: 'POST', path, headers, body } as const
    if (target.sealedCredential === null) pool.dispatch(asked, handler)
    else pool.dispatch(asked, new SecretKeeper(handler, this.#secretOf(target.sealedCredential)))
  }

  /** Closes the pools of servers that no route names any more; what runs there may end. */
  retain(urls: ReadonlySet<string>): void {
    this.#credentials.clear()
    this.#secrets.clear()
    for (const [url, { pool }] of this.#upstreams) {
      if (urls.has(url)) continue
      this.#upstreams.delete(url)
      void pool.close()
    }
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map(({ pool }) => pool.destroy()))
  }

  #headersOf(target: Target, own: UpstreamRequest['headers']): UpstreamRequest['headers'] {
    if (target.sealedCredential === null) return own
    return { ...own, ...this.#credentialOf(target, target.sealedCredential) }
  }

  #credentialOf({ provider }: Target, sealed: string): Readonly<Record<string, string>> {
    const known = this.#credentials.get(sealed)
    if (known) return known
    const opened = PROVIDERS[provider].renderCredential(this.#secretOf(sealed))
    this.#credentials.set(sealed, opened)
    return opened
  }

  #secretOf(sealed: string): string {
    const known = this.#secrets.get(sealed)
    if (known !== undefined) return known
    const opened = this.#deps.openCredential(sealed)
    this.#secrets.set(sealed, opened)
    return opened
  }

  #upstreamOf({ url, kind }: Target): Upstream {
    const known = this.#upstreams.get(url)
    if (known) return known
    const { origin, pathname, protocol } = new URL(url)
    const pool = new Pool(origin, {
      connections: null,
      pipelining: 1,
      allowH2: false,
      connect: {
        timeout: CONNECT_WITHIN_MS,
        ...(kind === 'upstream' ? { lookup: checkedLookup(protocol, REACH) } : {}),
      },
      headersTimeout: FIRST_BYTE_WITHIN_MS,
      bodyTimeout: this.#deps.silenceMaxMs,
      // Below what servers use, so that they are not the ones who close.
      keepAliveTimeout: 4_000,
    })
    const upstream = { pool, base: pathname.replace(/\/$/, '') }
    this.#upstreams.set(url, upstream)
    return upstream
  }
}
