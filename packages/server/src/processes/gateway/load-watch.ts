/**
 * Asks replicas how much they have to do, where their server says so. Only of models with a route, a batch or the tier flex: else nobody
 * goes by it. A replica that says nothing of it is asked again rarely.
 */
import { request } from 'undici'
import { type Gateway, readServerLoad, type Target } from '#modules/gateway/index.ts'

export interface LoadWatchDeps {
  readonly gateway: Gateway
  readonly nowMs: () => number
  /** Whether batches wait for room there. */
  readonly wants: (model: string) => boolean
}

const ANSWER_WITHIN_MS = 1000
const ANSWER_BYTES_MAX = 1024 * 1024
/** How long one that said nothing is left in peace. */
const SILENT_MS = 60_000

export class LoadWatch {
  readonly #deps: LoadWatchDeps
  readonly #silentUntilMs = new Map<string, number>()
  #isRunning = false

  constructor(deps: LoadWatchDeps) {
    this.#deps = deps
  }

  /** One round; while another is under way it does nothing. */
  async look(): Promise<void> {
    const { gateway, wants } = this.#deps
    const routed = gateway.routes
      .list()
      .filter(
        ({ policy, tiers, model }) => policy !== null || tiers?.flex !== undefined || wants(model),
      )
    if (routed.length === 0 || this.#isRunning) return
    this.#isRunning = true
    try {
      const replicas = routed.flatMap(({ targets }) =>
        targets.filter(({ kind, id }) => kind === 'replica' && !this.#isSilent(id)),
      )
      await Promise.all(replicas.map((target) => this.#ask(target)))
    } finally {
      this.#isRunning = false
    }
  }

  #isSilent(id: string): boolean {
    return (this.#silentUntilMs.get(id) ?? 0) > this.#deps.nowMs()
  }

  async #ask({ id, url }: Target): Promise<void> {
    const { gateway, nowMs } = this.#deps
    const load = await readLoad(new URL('/metrics', url)).catch(() => null)
    if (load === null) this.#silentUntilMs.set(id, nowMs() + SILENT_MS)
    gateway.routes.noteOwnLoad(id, load)
  }
}

async function readLoad(url: URL) {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  const { statusCode, body } = await request(url, { signal })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > ANSWER_BYTES_MAX) return null
    chunks.push(chunk)
  }
  return statusCode === 200 ? readServerLoad(Buffer.concat(chunks).toString()) : null
}
