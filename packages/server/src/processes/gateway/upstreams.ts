/** Connections to the servers behind the models: one pool each, kept warm, closed when the last route to it is gone. */
import { type Dispatcher, Pool } from 'undici'
import type { Target } from '#modules/gateway/index.ts'

interface Upstream {
  readonly pool: Pool
  readonly path: string
}

const CONNECT_WITHIN_MS = 2_000
/** A long prompt may take minutes until the first word; silence between words may not. */
const FIRST_BYTE_WITHIN_MS = 10 * 60_000
const SILENCE_MAX_MS = 5 * 60_000

export class Upstreams {
  readonly #upstreams = new Map<string, Upstream>()

  /** Sends a chat completion to a target; the answer goes to the handler. */
  dispatch(target: Target, body: string, handler: Dispatcher.DispatchHandler): void {
    const { pool, path } = this.#upstreamOf(target.url)
    const headers = { 'content-type': 'application/json', accept: '*/*' }
    pool.dispatch({ method: 'POST', path, headers, body }, handler)
  }

  /** Closes the pools of servers that no route names any more; what runs there may end. */
  retain(urls: ReadonlySet<string>): void {
    for (const [url, { pool }] of this.#upstreams) {
      if (urls.has(url)) continue
      this.#upstreams.delete(url)
      void pool.close()
    }
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map(({ pool }) => pool.destroy()))
  }

  #upstreamOf(url: string): Upstream {
    const known = this.#upstreams.get(url)
    if (known) return known
    const { origin, pathname } = new URL(url)
    const pool = new Pool(origin, {
      connections: null,
      pipelining: 1,
      allowH2: false,
      connect: { timeout: CONNECT_WITHIN_MS },
      headersTimeout: FIRST_BYTE_WITHIN_MS,
      bodyTimeout: SILENCE_MAX_MS,
      // Below what servers use, so that they are not the ones who close.
      keepAliveTimeout: 4_000,
    })
    const upstream = { pool, path: `${pathname.replace(/\/$/, '')}/chat/completions` }
    this.#upstreams.set(url, upstream)
    return upstream
  }
}
