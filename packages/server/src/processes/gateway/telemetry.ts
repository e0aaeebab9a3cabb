/** What a gateway tells an OpenTelemetry collector: a trace of each request, and histograms. There only when it is on. */
import {
  GEN_AI_INSTRUMENTS,
  GEN_AI_SCHEMA_URL,
  recordRequest,
  type Sight,
  spansOf,
} from '#modules/gateway/index.ts'
import { Histograms } from '#platform/telemetry/otlp/histograms.ts'
import type { OtelSettings } from '#platform/telemetry/otlp/otel-settings.ts'
import { encodeMetrics } from '#platform/telemetry/otlp/otlp-encoding.ts'
import { type OtlpTarget, sendOtlp } from '#platform/telemetry/otlp/otlp-sender.ts'
import { SpanExporter } from '#platform/telemetry/otlp/span-exporter.ts'
import type { Sender } from '#platform/telemetry/otlp/span.ts'
import {
  openTrace,
  type TraceContext,
  type TraceHeaders,
} from '#platform/telemetry/otlp/trace-context.ts'
import { OTEL_SERIES_MAX } from '../../limits.ts'

export interface TelemetryDeps {
  readonly settings: OtelSettings
  /** Names this process in the resource. */
  readonly instance: string
  readonly version: string
  readonly now: () => Date
  readonly randomBytes: (size: number) => Uint8Array
  readonly onSpans: (spans: number, became: 'sent' | 'queue_full' | 'not_taken') => void
  readonly onFailure: (failure: unknown) => void
}

export class Telemetry {
  readonly #deps: TelemetryDeps
  readonly #sender: Sender
  readonly #spans: SpanExporter | null
  readonly #histograms: Histograms
  readonly #stop = new AbortController()
  #timer: NodeJS.Timeout | null = null
  #sending: Promise<void> | null = null

  constructor(deps: TelemetryDeps) {
    this.#deps = deps
    const { settings, instance, version, now } = deps
    this.#sender = {
      resource: [
        ...Object.entries(settings.resource),
        ['service.instance.id', instance],
        ['service.version', version],
        ['telemetry.sdk.language', 'nodejs'],
      ],
      ...{ scope: 'spillway.gateway', scopeVersion: version, schemaUrl: GEN_AI_SCHEMA_URL },
    }
    this.#histograms = new Histograms(GEN_AI_INSTRUMENTS, {
      startMs: now().getTime(),
      seriesMax: OTEL_SERIES_MAX,
    })
    this.#spans = this.#exporter()
    if (settings.metrics)
      this.#timer = setInterval(() => this.#sendMetrics(), settings.metricsEveryMs).unref()
  }

  begin(headers: TraceHeaders): TraceContext {
    return openTrace(headers, this.#deps.settings, this.#hex)
  }

  child(trace: TraceContext): TraceContext {
    return { ...trace, spanId: this.#hex(8), parentSpanId: trace.spanId }
  }

  /** `model` is the catalog\u2019s name of what was asked for; null: there is none. */
  onEnd(sight: Sight, model: string | null): void {
    const { trace, startedMs } = sight.parts
    const line = sight.line()
    const { tries } = sight
    if (this.#deps.settings.metrics) recordRequest(this.#histograms, { line, tries }, model)
    if (!trace?.isSampled || this.#spans === null) return
    const newSpanId = () => this.#hex(8)
    for (const span of spansOf({ line, tries, trace, startedMs, newSpanId })) this.#spans.add(span)
  }

  /** Sends what is left, for so long at most. */
  async close(withinMs: number): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    const timer = setTimeout(() => this.#stop.abort(), withinMs).unref()
    if (this.#deps.settings.metrics) this.#sendMetrics()
    await Promise.all([this.#spans?.close(withinMs), this.#sending])
    clearTimeout(timer)
  }

  readonly #hex = (bytes: number): string =>
    Buffer.from(this.#deps.randomBytes(bytes)).toString('hex')

  #targetOf(to: { readonly url: string; readonly headers: Record<string, string> }): OtlpTarget {
    const { timeoutMs, isCompressed } = this.#deps.settings
    return { ...to, timeoutMs, isCompressed }
  }

  #exporter(): SpanExporter | null {
    const { settings, onSpans, onFailure } = this.#deps
    if (settings.traces === null) return null
    const { batchDelayMs, batchMax, queueMax } = settings
    return new SpanExporter({
      ...{ batchDelayMs, batchMax, queueMax, sender: this.#sender },
      target: this.#targetOf(settings.traces),
      onSent: (spans) => onSpans(spans, 'sent'),
      onDropped: (spans, why, detail) => {
        onSpans(spans, why)
        if (detail !== undefined) onFailure(new Error(`spans were not taken: ${detail}`))
      },
    })
  }

  /** Figures add up: what did not arrive is in what is sent next. */
  #sendMetrics(): void {
    const { settings, now, onFailure } = this.#deps
    if (settings.metrics === null || this.#sending) return
    const body = encodeMetrics(this.#sender, this.#histograms.collect(), now().getTime())
    this.#sending = sendOtlp(this.#targetOf(settings.metrics), body, this.#stop.signal).then(
      (outcome) => {
        this.#sending = null
        if (outcome.kind === 'failed')
          onFailure(new Error(`metrics were not taken: ${outcome.why}`))
      },
    )
  }
}
