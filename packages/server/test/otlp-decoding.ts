/** Reads OTLP bodies by OpenTelemetry's own definitions, so that what we write is not read by what we wrote. */
import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js'

interface Type {
  decode(bytes: Uint8Array): object
  toObject(message: object, options: object): unknown
}

interface Definitions {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: Type } }
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: Type } }
      }
    }
  }
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface RawSpan {
  readonly name: string
  readonly kind: string
  readonly traceId: readonly number[]
  readonly spanId: readonly number[]
  readonly parentSpanId?: readonly number[]
  readonly traceState?: string
  readonly startTimeUnixNano: number
  readonly endTimeUnixNano: number
  readonly status?: { readonly code: string; readonly message: string }
  readonly attributes?: readonly Attribute[]
}

interface RawPoint {
  readonly attributes?: readonly Attribute[]
  readonly count: number
  readonly sum: number
  readonly bucketCounts: readonly number[]
  readonly explicitBounds: readonly number[]
  readonly startTimeUnixNano: number
  readonly timeUnixNano: number
}

export interface ReadMetric {
  readonly name: string
  readonly unit: string
  readonly histogram: { readonly aggregationTemporality: string; readonly dataPoints: RawPoint[] }
}

const { collector } = (generated as unknown as Definitions).opentelemetry.proto
const AS = { longs: Number, enums: String, bytes: Array }
const hex = (bytes: readonly number[] = []) => Buffer.from(bytes).toString('hex')

/** Attributes by name; numbers of both kinds are numbers. */
export function readAttributes(attributes: readonly Attribute[] = []) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

export function readSpans(bytes: Uint8Array) {
  const type = collector.trace.v1.ExportTraceServiceRequest
  const read = type.toObject(type.decode(bytes), AS) as {
    readonly resourceSpans?: readonly { readonly scopeSpans: readonly { spans?: RawSpan[] }[] }[]
  }
  const spans = (read.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans[0]?.spans ?? [])
  return spans.map(({ attributes, status, ...span }) => ({
    ...span,
    ...{ traceId: hex(span.traceId), spanId: hex(span.spanId), status: status ?? null },
    ...{ parentSpanId: hex(span.parentSpanId), attributes: readAttributes(attributes) },
  }))
}

export type ReadSpan = ReturnType<typeof readSpans>[number]

export function readMetrics(bytes: Uint8Array): readonly ReadMetric[] {
  const type = collector.metrics.v1.ExportMetricsServiceRequest
  const read = type.toObject(type.decode(bytes), AS) as {
    readonly resourceMetrics?: readonly {
      readonly scopeMetrics: readonly { readonly metrics?: ReadMetric[] }[]
    }[]
  }
  return (read.resourceMetrics ?? []).flatMap(({ scopeMetrics }) => scopeMetrics[0]?.metrics ?? [])
}
