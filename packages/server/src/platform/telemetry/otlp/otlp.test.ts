import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAttributes, readMetrics, readSpans } from '../../../../test/otlp-decoding.ts'
import { Histograms } from './histograms.ts'
import { readOtel } from './otel-settings.ts'
import { encodeMetrics, encodeSpans } from './otlp-encoding.ts'
import type { Span } from './span.ts'
import { openTrace, parseTraceparent, renderTraceparent, type Sampling } from './trace-context.ts'

const sender = { resource: [], scope: 's', scopeVersion: '1', schemaUrl: 'u' }

const anAttribute = fc.tuple(
  fc.string({ minLength: 1 }),
  fc.oneof(
    fc.string({ maxLength: 20_000 }),
    fc.boolean(),
    fc.double({ noNaN: true }),
    fc.nat({ max: 2 ** 31 - 1 }).map((int) => ({ int })),
  ),
)

test('spans are read as they were written, whatever is in them and however long it is', () => {
  const hex = (digits: number) =>
    fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'.split('')),
      minLength: digits,
      maxLength: digits,
    })
  const aSpan: fc.Arbitrary<Span> = fc.record({
    ...{ traceId: hex(32), spanId: hex(16), parentSpanId: fc.option(hex(16)) },
    ...{ traceState: fc.string(), name: fc.string(), kind: fc.constantFrom('server', 'client') },
    ...{ startMs: fc.nat(), endMs: fc.nat(), attributes: fc.array(anAttribute, { maxLength: 5 }) },
    error: fc.option(fc.string()),
  })
  fc.assert(
    fc.property(fc.array(aSpan, { maxLength: 4 }), (spans) => {
      const found = readSpans(encodeSpans(sender, spans))
      expect(found).toHaveLength(spans.length)
      for (const [index, span] of spans.entries()) {
        const { name, traceId, parentSpanId, startMs, attributes } = span
        expect(found[index]).toMatchObject({
          ...{ name, traceId, parentSpanId: parentSpanId ?? '' },
          kind: span.kind === 'server' ? 'SPAN_KIND_SERVER' : 'SPAN_KIND_CLIENT',
          startTimeUnixNano: startMs * 1e6,
        })
        expect(found[index]?.status?.message ?? null).toBe(span.error)
        const said = attributes.map(([key, value]) => [
          key,
          typeof value === 'object' ? value.int : value,
        ])
        expect(found[index]?.attributes).toEqual(Object.fromEntries(said))
      }
    }),
    { numRuns: 60 },
  )
})

test('a histogram is read as it was written, and series beyond the bound are one', () => {
  const instrument = { name: 'x', unit: 's', description: 'd', bounds: [1, 2] }
  const histograms = new Histograms([instrument], { startMs: 5, seriesMax: 3 })
  const values: readonly (readonly [string, number])[] = [
    ...[['a', 0.5] as const, ['a', 2] as const, ['a', 9] as const],
    ...[['b', 1] as const, ['c', 1] as const, ['d', 1] as const],
  ]
  for (const [name, value] of values) histograms.record(instrument, [['m', name]], value)
  const [metric] = readMetrics(encodeMetrics(sender, histograms.collect(), 7))
  expect(metric).toMatchObject({ name: 'x', unit: 's' })
  expect(metric?.histogram.aggregationTemporality).toBe('AGGREGATION_TEMPORALITY_CUMULATIVE')
  const points = metric?.histogram.dataPoints ?? []
  expect(points[0]).toMatchObject({
    ...{ count: 3, sum: 11.5, bucketCounts: [1, 1, 1], explicitBounds: [1, 2] },
    ...{ startTimeUnixNano: 5e6, timeUnixNano: 7e6 },
  })
  expect(points.map(({ count }) => count)).toEqual([3, 1, 2])
  expect(readAttributes(points[2]?.attributes)).toEqual({ 'otel.metric.overflow': true })
})

describe('a trace', () => {
  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const zeros = (bytes: number) => '01'.repeat(bytes)
  const open = (sampling: Partial<Sampling>, traceparent?: string) =>
    openTrace({ traceparent }, { sampler: 'parentbased_always_on', ratio: 1, ...sampling }, zeros)

  test.each([
    'x',
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `${parent}-more`,
    parent.toUpperCase(),
  ])('is not taken from %s', (text) => {
    expect(parseTraceparent(text)).toBeNull()
    expect(open({}, text)).toMatchObject({ parentSpanId: null, isSampled: true })
  })

  test('goes on from its caller\u2019s, also from a version that is not known', () => {
    for (const text of [parent, parent.replace(/^00/, '01'), `${parent.replace(/^00/, '01')}-more`])
      expect(open({}, text)).toMatchObject({
        ...{ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16), isSampled: true },
      })
    expect(renderTraceparent(open({}, parent))).toBe(`00-${'a'.repeat(32)}-${'01'.repeat(8)}-01`)
  })

  test('is sampled as its caller says where it is to be, else by the ratio, the same everywhere', () => {
    const unsampled = parent.replace(/01$/, '00')
    expect(open({}, unsampled).isSampled).toBe(false)
    expect(open({ sampler: 'always_on' }, unsampled).isSampled).toBe(true)
    expect(open({ sampler: 'always_off' }, parent).isSampled).toBe(false)
    expect(open({ sampler: 'parentbased_always_off' }, parent).isSampled).toBe(true)
    expect(open({ sampler: 'parentbased_always_off' }).isSampled).toBe(false)
    const ids = Array.from(
      { length: 2000 },
      (_, n) =>
        `00-${'c'.repeat(18)}${Math.floor((n / 2000) * 2 ** 52)
          .toString(16)
          .padStart(13, '0')}0-${'b'.repeat(16)}-00`,
    )
    const kept = (ratio: number) =>
      ids.filter((id) => open({ sampler: 'traceidratio', ratio }, id).isSampled)
    expect(kept(0.25)).toHaveLength(500)
    expect(kept(0.5)).toEqual(expect.arrayContaining(kept(0.25)))
    expect([kept(0).length, kept(1).length]).toEqual([0, 2000])
  })
})

describe('the variables', () => {
  const settings = (env: Record<string, string>) => {
    const reading = readOtel(env)
    return reading.kind === 'settings' ? reading.settings : reading.faults
  }
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }

  test('turn nothing on without an endpoint, and nothing at all when they are told to', () => {
    expect(settings({ OTEL_SERVICE_NAME: 'x' })).toBeNull()
    expect(settings({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' })).toBeNull()
    const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
    expect(settings({ ...endpoint, ...none })).toBeNull()
    expect(settings({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBeNull()
  })

  test('say where each signal goes, with which headers, and how much of it', () => {
    expect(
      settings({
        ...endpoint,
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m/x',
        OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=x%20y',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=2',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test,service.name=other',
      }),
    ).toMatchObject({
      traces: { url: 'http://c:4318/v1/traces', headers: { a: '1', b: '2' } },
      metrics: { url: 'http://m/x', headers: { a: '1', b: 'x y' } },
      ...{ sampler: 'traceidratio', ratio: 0.25 },
      resource: { 'service.name': 'other', 'deployment.environment': 'test' },
    })
  })

  test('that are wrong are refused by name, and a secret among them is not repeated', () => {
    const faults = settings({
      ...endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'a-secret-without-a-name',
      OTEL_TRACES_SAMPLER_ARG: '2',
    }) as readonly string[]
    expect(faults.map((each) => each.split(' ')[0])).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_EXPORTER_OTLP_HEADERS',
      'OTEL_TRACES_SAMPLER_ARG',
    ])
    expect(JSON.stringify(faults)).not.toContain('secret')
  })
})
