/** Gathers spans and sends them in batches. The queue is bounded: what finds no room is dropped, and counted. */
import { encodeSpans } from './otlp-encoding.ts'
import { type OtlpTarget, sendOtlp } from './otlp-sender.ts'
import type { Sender, Span } from './span.ts'

export interface SpanExporterDeps {
  readonly target: OtlpTarget
  readonly sender: Sender
  readonly batchDelayMs: number
  readonly batchMax: number
  readonly queueMax: number
  readonly onSent: (spans: number) => void
  readonly onDropped: (spans: number, why: 'queue_full' | 'not_taken', detail?: string) => void
}

export class SpanExporter {
  readonly #deps: SpanExporterDeps
  readonly #stop = new AbortController()
  #queue: Span[] = []
  #sending: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(deps: SpanExporterDeps) {
    this.#deps = deps
  }

  add(span: Span): void {
    if (this.#queue.length >= this.#deps.queueMax) return this.#deps.onDropped(1, 'queue_full')
    this.#queue.push(span)
    if (this.#queue.length >= this.#deps.batchMax) this.#send()
    else this.#timer ??= setTimeout(() => this.#send(), this.#deps.batchDelayMs).unref()
  }

  /** Sends what waits, for so long at most; what is left then is dropped. */
  async close(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), withinMs).unref()
    while (this.#queue.length > 0 || this.#sending) {
      this.#send()
      await this.#sending
      if (this.#stop.signal.aborted) break
    }
    clearTimeout(timer)
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#queue.length > 0) this.#deps.onDropped(this.#queue.length, 'not_taken')
    this.#queue = []
  }

  /** One batch is on its way at a time; the next begins when it has ended. */
  #send(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#sending || this.#queue.length === 0) return
    const batch = this.#queue.slice(0, this.#deps.batchMax)
    this.#queue = this.#queue.slice(batch.length)
    this.#sending = this.#deliver(batch).finally(() => {
      this.#sending = null
      if (this.#queue.length >= this.#deps.batchMax) this.#send()
      else if (this.#queue.length > 0)
        this.#timer ??= setTimeout(() => this.#send(), this.#deps.batchDelayMs).unref()
    })
  }

  async #deliver(batch: readonly Span[]): Promise<void> {
    const { target, sender, onSent, onDropped } = this.#deps
    const outcome = await sendOtlp(target, encodeSpans(sender, batch), this.#stop.signal)
    if (outcome.kind === 'sent') onSent(batch.length)
    else onDropped(batch.length, 'not_taken', outcome.why)
  }
}
