/** Spans and metrics as the bodies of OTLP export requests, in binary protobuf. Field numbers are of OTLP 1. Pure. */
import { ProtobufWriter } from './protobuf-writer.ts'
import type { Attributes, HistogramMetric, HistogramPoint, Sender, Span } from './span.ts'

const KINDS = { server: 2, client: 3 } as const
const STATUS_ERROR = 2
const CUMULATIVE = 2
const US_PER_MS = 1000
const NS_PER_US = 1000n

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * US_PER_MS)) * NS_PER_US
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [name, value] of attributes)
    writer.message(field, () => {
      writer.text(1, name)
      writer.message(2, () => {
        if (typeof value === 'string') writer.text(1, value)
        else if (typeof value === 'boolean') writer.varint(2, value ? 1 : 0)
        else if (typeof value === 'number') writer.double(4, value)
        else writer.varint(3, value.int)
      })
    })
}

/** Resource, scope, and within them what is sent. */
function encodeFrom(sender: Sender, writeItems: (writer: ProtobufWriter) => void): Buffer {
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    writer.message(1, () => writeAttributes(writer, 1, sender.resource))
    writer.message(2, () => {
      writer.message(1, () => {
        writer.text(1, sender.scope)
        writer.text(2, sender.scopeVersion)
      })
      writeItems(writer)
      writer.text(3, sender.schemaUrl)
    })
  })
  return writer.finish()
}

export function encodeSpans(sender: Sender, spans: readonly Span[]): Buffer {
  return encodeFrom(sender, (writer) => {
    for (const span of spans) writer.message(2, () => writeSpan(writer, span))
  })
}

function writeSpan(writer: ProtobufWriter, span: Span): void {
  writer.hex(1, span.traceId)
  writer.hex(2, span.spanId)
  if (span.traceState !== '') writer.text(3, span.traceState)
  if (span.parentSpanId !== null) writer.hex(4, span.parentSpanId)
  writer.text(5, span.name)
  writer.varint(6, KINDS[span.kind])
  writer.fixed64(7, nanoseconds(span.startMs))
  writer.fixed64(8, nanoseconds(span.endMs))
  writeAttributes(writer, 9, span.attributes)
  const { error } = span
  if (error === null) return
  writer.message(15, () => {
    writer.text(2, error)
    writer.varint(3, STATUS_ERROR)
  })
}

export function encodeMetrics(
  sender: Sender,
  metrics: readonly HistogramMetric[],
  nowMs: number,
): Buffer {
  return encodeFrom(sender, (writer) => {
    for (const metric of metrics)
      writer.message(2, () => {
        writer.text(1, metric.name)
        writer.text(2, metric.description)
        writer.text(3, metric.unit)
        writer.message(9, () => {
          for (const point of metric.points)
            writer.message(1, () => writePoint(writer, metric, { point, nowMs }))
          writer.varint(2, CUMULATIVE)
        })
      })
  })
}

function writePoint(
  writer: ProtobufWriter,
  { bounds, startMs }: HistogramMetric,
  { point, nowMs }: { readonly point: HistogramPoint; readonly nowMs: number },
): void {
  writer.fixed64(2, nanoseconds(startMs))
  writer.fixed64(3, nanoseconds(nowMs))
  writer.fixed64(4, BigInt(point.count))
  writer.double(5, point.sum)
  writer.packedFixed64(6, point.buckets)
  writer.packedDouble(7, bounds)
  writeAttributes(writer, 9, point.attributes)
}
