/** Where telemetry goes and how much of it, by OpenTelemetry's own variables. Off where none names an endpoint. */
import { z } from 'zod'
import { SAMPLERS } from './trace-context.ts'

const Headers = z.record(z.string(), z.string())

export const OtelSettings = z.strictObject({
  traces: z.strictObject({ url: z.string(), headers: Headers }).nullable(),
  metrics: z.strictObject({ url: z.string(), headers: Headers }).nullable(),
  timeoutMs: z.number(),
  isCompressed: z.boolean(),
  sampler: z.enum(SAMPLERS),
  ratio: z.number(),
  batchDelayMs: z.number(),
  queueMax: z.number(),
  batchMax: z.number(),
  metricsEveryMs: z.number(),
  /** What the resource is said to be, beside what every gateway says of itself. */
  resource: z.record(z.string(), z.string()),
})
export type OtelSettings = z.infer<typeof OtelSettings>

export type OtelReading =
  | { readonly kind: 'settings'; readonly settings: OtelSettings | null }
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

/** `key=value` with commas between, values percent-encoded as in W3C Baggage. */
const Pairs = z
  .string()
  .default('')
  .transform((text, context) => {
    const pairs: Record<string, string> = {}
    for (const pair of text.split(',').filter((each) => each.trim() !== '')) {
      const equals = pair.indexOf('=')
      const value = equals < 1 ? null : decode(pair.slice(equals + 1).trim())
      if (value === null) {
        // What stands there may be a secret, and is not repeated.
        context.addIssue({ code: 'custom', message: 'must be key=value with commas between' })
        return z.NEVER
      }
      pairs[pair.slice(0, equals).trim()] = value
    }
    return pairs
  })

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

const Endpoint = z.url({
  protocol: /^https?$/,
  error: 'must be an address such as http://collector.example:4318',
})
const Exporter = z.enum(['otlp', 'none'], 'must be otlp or none').default('otlp')
const whole = (least: number, most: number, byDefault: number) =>
  z.coerce
    .number(`must be a whole number from ${least} to ${most}`)
    .int()
    .min(least)
    .max(most)
    .default(byDefault)

const Variables = z.object({
  OTEL_SDK_DISABLED: z
    .string()
    .optional()
    .transform((text) => text?.toLowerCase() === 'true'),
  OTEL_EXPORTER_OTLP_ENDPOINT: Endpoint.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Endpoint.optional(),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: Endpoint.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .literal('http/protobuf', 'must be http/protobuf, the one that is spoken here')
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: Pairs,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: Pairs,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: Pairs,
  OTEL_EXPORTER_OTLP_TIMEOUT: whole(1, 600_000, 10_000),
  OTEL_EXPORTER_OTLP_COMPRESSION: z.enum(['gzip', 'none'], 'must be gzip or none').default('none'),
  OTEL_TRACES_EXPORTER: Exporter,
  OTEL_METRICS_EXPORTER: Exporter,
  OTEL_TRACES_SAMPLER: z
    .enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`)
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number('must be a ratio from 0 to 1')
    .min(0, 'must be a ratio from 0 to 1')
    .max(1, 'must be a ratio from 0 to 1')
    .default(1),
  OTEL_BSP_SCHEDULE_DELAY: whole(10, 600_000, 5_000),
  OTEL_BSP_MAX_QUEUE_SIZE: whole(1, 1_000_000, 2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: whole(1, 100_000, 512),
  OTEL_METRIC_EXPORT_INTERVAL: whole(10, 3_600_000, 60_000),
  OTEL_SERVICE_NAME: z.string().min(1).optional(),
  OTEL_RESOURCE_ATTRIBUTES: Pairs,
})
type Variables = z.output<typeof Variables>

export function readOtel(env: Readonly<Record<string, string | undefined>>): OtelReading {
  // An empty variable is as one that is not set.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = Variables.safeParse(set)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
    return { kind: 'refused', faults }
  }
  return { kind: 'settings', settings: settingsOf(parsed.data) }
}

function settingsOf(said: Variables): OtelSettings | null {
  const traces = said.OTEL_TRACES_EXPORTER === 'none' ? undefined : tracesUrlOf(said)
  const metrics = said.OTEL_METRICS_EXPORTER === 'none' ? undefined : metricsUrlOf(said)
  if (said.OTEL_SDK_DISABLED || (traces === undefined && metrics === undefined)) return null
  const common = said.OTEL_EXPORTER_OTLP_HEADERS
  const to = (url: string | undefined, headers: Readonly<Record<string, string>>) =>
    url === undefined ? null : { url, headers: { ...common, ...headers } }
  const service = said.OTEL_SERVICE_NAME
  return {
    traces: to(traces, said.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
    metrics: to(metrics, said.OTEL_EXPORTER_OTLP_METRICS_HEADERS),
    timeoutMs: said.OTEL_EXPORTER_OTLP_TIMEOUT,
    isCompressed: said.OTEL_EXPORTER_OTLP_COMPRESSION === 'gzip',
    sampler: said.OTEL_TRACES_SAMPLER,
    ratio: said.OTEL_TRACES_SAMPLER_ARG,
    batchDelayMs: said.OTEL_BSP_SCHEDULE_DELAY,
    queueMax: said.OTEL_BSP_MAX_QUEUE_SIZE,
    batchMax: Math.min(said.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, said.OTEL_BSP_MAX_QUEUE_SIZE),
    metricsEveryMs: said.OTEL_METRIC_EXPORT_INTERVAL,
    resource: {
      'service.name': 'spillway-gateway',
      ...said.OTEL_RESOURCE_ATTRIBUTES,
      ...(service === undefined ? {} : { 'service.name': service }),
    },
  }
}

function below(base: string | undefined, path: string): string | undefined {
  return base === undefined ? undefined : `${base.replace(/\/$/, '')}${path}`
}

function tracesUrlOf(said: Variables): string | undefined {
  return (
    said.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? below(said.OTEL_EXPORTER_OTLP_ENDPOINT, '/v1/traces')
  )
}

function metricsUrlOf(said: Variables): string | undefined {
  return (
    said.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ??
    below(said.OTEL_EXPORTER_OTLP_ENDPOINT, '/v1/metrics')
  )
}
