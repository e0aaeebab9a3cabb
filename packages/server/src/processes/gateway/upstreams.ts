/** Connections to the servers behind the models: one pool each, kept warm, closed when the last route to it is gone. */
import { type Dispatcher, Pool } from 'undici'
import { PROVIDERS, type Target, type UpstreamRequest } from '#modules/gateway/index.ts'
import { checkedLookup } from '#platform/outbound/connection.ts'
import { parseTarget } from '#platform/outbound/target.ts'
import { SecretKeeper } from './secret-keeper.ts'

interface Upstream {
  readonly pool: Pool
  readonly url: string
  /** Why its address may not be asked, as far as it says itself; what its name leads to is looked at with each connection. */
  readonly refusal: string | null
  /** Path of the base address. */
  readonly base: string
  /** As requests name it. */
  readonly host: string
}

export interface UpstreamsDeps {
  /** Opens what the database keeps sealed. */
  readonly openCredential: (sealed: string) => string
  /** For proofs that say when they were made. */
  readonly now: () => Date
  readonly silenceMaxMs: number
}

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
    const { pool, base, host, refusal } = this.#upstreamOf(target)
    if (refusal !== null) return refuse(handler, refusal)
    const { headers: own, body, isFromRoot } = request
    const path = (isFromRoot ? base.replace(/\/v\d+$/, '') : base) + request.path
    const { sealedCredential: sealed, provider } = target
    if (sealed === null)
      return void pool.dispatch({ method: 'POST', path, headers: own, body }, handler)
    const secret = this.#secretOf(sealed)
    const server = PROVIDERS[provider]
    const asking = { host, path, headers: own, body, region: target.region }
    const proof =
      server.sign?.(secret, { ...asking, at: this.#deps.now() }) ??
      this.#credentialOf(target, sealed)
    const keeper = new SecretKeeper(handler, server.secretsIn?.(secret) ?? [secret])
    pool.dispatch({ method: 'POST', path, headers: { ...own, ...proof }, body }, keeper)
  }

  /** Closes the pools of servers that no route names any more; what runs there may end. */
  retain(urls: ReadonlySet<string>): void {
    this.#credentials.clear()
    this.#secrets.clear()
    for (const [key, { pool, url }] of this.#upstreams) {
      if (urls.has(url)) continue
      this.#upstreams.delete(key)
      void pool.close()
    }
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map(({ pool }) => pool.destroy()))
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

  #upstreamOf({ url, kind, allowsPrivateNetwork = false }: Target): Upstream {
    // A connection that one may have is not lent to another that may not.
    const key = kind === 'replica' || allowsPrivateNetwork ? url : `public ${url}`
    const known = this.#upstreams.get(key)
    if (known) return known
    const reach = { isPrivateAllowed: allowsPrivateNetwork }
    const target = kind === 'replica' ? null : parseTarget(url, reach)
    const { origin, host, pathname, protocol } = new URL(url)
    const pool = new Pool(origin, {
      connections: null,
      pipelining: 1,
      allowH2: false,
      connect: {
        timeout: CONNECT_WITHIN_MS,
        ...(kind === 'upstream' ? { lookup: checkedLookup(protocol, reach) } : {}),
      },
      headersTimeout: FIRST_BYTE_WITHIN_MS,
      bodyTimeout: this.#deps.silenceMaxMs,
      // Below what servers use, so that they are not the ones who close.
      keepAliveTimeout: 4_000,
    })
    const refusal = target?.kind === 'refused' ? target.why : null
    const upstream = { pool, url, base: pathname.replace(/\/$/, ''), host, refusal }
    this.#upstreams.set(key, upstream)
    return upstream
  }
}

/** As if the connection had failed: told later, as that would be. */
function refuse(handler: Dispatcher.DispatchHandler, why: string): void {
  // Nobody aborts what has no connection.
  const controller = { aborted: true, abort: () => undefined } as never
  queueMicrotask(() => handler.onResponseError?.(controller, new Error(why)))
}
