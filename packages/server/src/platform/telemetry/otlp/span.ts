/** What a span and a point of a metric are here, as far as OTLP carries them. Types alone. */

/** A whole number is told from one with a fraction, as OTLP does. */
export type AttributeValue = string | boolean | number | { readonly int: number }

export type Attributes = readonly (readonly [name: string, value: AttributeValue])[]

export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly traceState: string
  readonly name: string
  readonly kind: 'server' | 'client'
  /** Milliseconds since 1970. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  /** Null: it ended as it should. */
  readonly error: string | null
}

export interface HistogramPoint {
  readonly attributes: Attributes
  readonly count: number
  readonly sum: number
  readonly buckets: readonly number[]
}

export interface HistogramMetric {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly bounds: readonly number[]
  readonly startMs: number
  readonly points: readonly HistogramPoint[]
}

/** Who sends. */
export interface Sender {
  readonly resource: Attributes
  readonly scope: string
  readonly scopeVersion: string
  /** Of the semantic conventions that the names are of. */
  readonly schemaUrl: string
}
