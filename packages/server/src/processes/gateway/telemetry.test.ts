/** Traces and metrics of a real gateway, as a collector receives them: decoded by OpenTelemetry's own definitions. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readOtel } from '#platform/telemetry/otlp/otel-settings.ts'
import { type GatewayProcess, startGateway } from '../../../test/gateway/gateway-process.ts'
import { addUpstream } from '../../../test/gateway/installation.ts'
import { ask, makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'
import {
  readAttributes,
  readMetrics,
  type ReadSpan,
  readSpans,
} from '../../../test/otlp-decoding.ts'

const CANARY = 'canary-prompt-c0ffee'
const CREDENTIAL = 'canary-credential-c0ffee'
const HEADER = 'canary-header-c0ffee'

interface Received {
  readonly path: string
  readonly authorization: string | undefined
  readonly bytes: Buffer
}

/** What collectors do: take the bytes, and answer with nothing to object to. */
async function startCollector() {
  const received: Received[] = []
  const state = { status: 200 }
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const whole = Buffer.concat(pieces)
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole
    const { authorization } = request.headers
    if (state.status === 200) received.push({ path: request.url ?? '', authorization, bytes })
    response.writeHead(state.status, { 'content-type': 'application/x-protobuf' }).end()
  }
  const server = createServer((request, response) => void receive(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const close = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}`, received, state, close }
}

const stand = await makeStand()
let sink: Awaited<ReturnType<typeof startCollector>>
let gateway: GatewayProcess

const settingsFor = (more: Record<string, string> = {}) => {
  const reading = readOtel({
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${HEADER}`,
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRIC_EXPORT_INTERVAL: '100',
    OTEL_SERVICE_NAME: 'the-gateway',
    ...more,
  })
  if (reading.kind === 'refused') throw new Error(reading.faults.join())
  return reading.settings
}

beforeAll(async () => {
  sink = await startCollector()
  const folders = stand.folders
  const start = (more?: Record<string, string>) =>
    startGateway({ databaseUrl: stand.database.url, folders, otel: settingsFor(more) })
  gateway = await start()
  await addUpstream(stand.database.db, {
    ...{ provider: 'openai', upstreamModel: 'theirs', model: 'foreign', url: stand.simulator.url },
    ...{ region: 'eu', credential: CREDENTIAL },
    sell: { contextTokens: 1000, inputUsd: '1', outputUsd: '2' },
  })
})

afterAll(async () => {
  await gateway?.stop()
  await sink?.close()
})

const send = (more: object = {}, headers: Record<string, string> = {}, behaviour: object = {}) =>
  ask({
    ...{ url: gateway.url, key: stand.customer.key, headers },
    body: told({ tokens: 3, ...behaviour }, { canary: CANARY, ...more }),
  })

const spans = (): readonly ReadSpan[] =>
  sink.received.filter(({ path }) => path === '/v1/traces').flatMap(({ bytes }) => readSpans(bytes))

/** The spans of an answer: its own, and those of its tries. */
async function spansOf(response: Response) {
  const id = response.headers.get('x-request-id')
  const find = () => spans().find(({ attributes }) => attributes['spillway.request.id'] === id)
  await untilTrue(() => find() !== undefined)
  const own = find() as ReadSpan
  return { own, tries: spans().filter(({ parentSpanId }) => parentSpanId === own.spanId) }
}

function points(name: string) {
  const last = sink.received.findLast(({ path }) => path === '/v1/metrics')
  const found = last && readMetrics(last.bytes).find((metric) => metric.name === name)
  return (found?.histogram.dataPoints ?? []).map(({ attributes, ...point }) => ({
    ...point,
    attributes: readAttributes(attributes),
  }))
}

describe('a trace', () => {
  test.each([true, false])(
    'has a span of the request and one of each try; streamed: %s',
    async (stream) => {
      const response = await send({ stream })
      await response.text()
      const { own, tries } = await spansOf(response)
      expect(own).toMatchObject({ name: `chat ${MODEL}`, kind: 'SPAN_KIND_SERVER', status: null })
      expect(own.attributes).toMatchObject({
        ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'spillway' },
        ...{ 'gen_ai.request.model': MODEL, 'gen_ai.response.model': MODEL },
        ...{ 'gen_ai.request.stream': stream, 'http.response.status_code': 200 },
        ...{ 'spillway.outcome': 'answered', 'spillway.tries': 1 },
        'spillway.organization.id': stand.customer.organizationId,
      })
      expect(own.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0)
      expect('gen_ai.response.time_to_first_chunk' in own.attributes).toBe(stream)
      expect(tries).toMatchObject([{ kind: 'SPAN_KIND_CLIENT', traceId: own.traceId }])
      expect(own.endTimeUnixNano).toBeGreaterThanOrEqual(own.startTimeUnixNano)
    },
  )

  test('goes on from the caller\u2019s, and on to a server of ours, and to nobody else\u2019s', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'a=1' }
    const response = await send({}, headers)
    await response.text()
    const { own } = await spansOf(response)
    expect(own).toMatchObject({ traceId, parentSpanId: '00f067aa0ba902b7', traceState: 'a=1' })
    expect(stand.simulator.state.lastHeaders['traceparent']).toBe(`00-${traceId}-${own.spanId}-01`)
    const foreign = await send({ model: 'foreign' }, headers)
    await foreign.text()
    expect(foreign.status).toBe(200)
    const { own: theirs } = await spansOf(foreign)
    expect(theirs.attributes['gen_ai.provider.name']).toBe('openai')
    expect(stand.simulator.state.lastHeaders).not.toHaveProperty('traceparent')
    expect(stand.simulator.state.lastHeaders).not.toHaveProperty('tracestate')
  })

  test('that its caller does not sample is not sent, and one that makes no sense begins anew', async () => {
    const unsampled = await send({}, { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` })
    await unsampled.text()
    const broken = await send({}, { traceparent: `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01` })
    await broken.text()
    const { own } = await spansOf(broken)
    expect(own.parentSpanId).toBe('')
    expect(own.traceId).not.toBe('0'.repeat(32))
    expect(spans().some(({ traceId }) => traceId === 'a'.repeat(32))).toBe(false)
  })

  test('says what went wrong', async () => {
    const failed = await send({}, {}, { status: 500 })
    expect(failed.status).toBe(502)
    await failed.text()
    const { own, tries } = await spansOf(failed)
    expect(own.status).toMatchObject({ code: 'STATUS_CODE_ERROR' })
    expect(own.attributes).toMatchObject({ 'error.type': 'upstream_error' })
    expect(tries[0]?.attributes).toMatchObject({ 'http.response.status_code': 500 })
    const refused = await send({ model: 'none' })
    await refused.text()
    expect((await spansOf(refused)).own).toMatchObject({ name: 'chat none', status: null })
  })
})

test('metrics are histograms by model, provider and error, with the tokens that were charged', async () => {
  const of = (name: string, type: string) =>
    points(name).filter((point) => point.attributes['gen_ai.token.type'] === type)
  await untilTrue(() => of('gen_ai.client.token.usage', 'output').length > 0)
  const [usage] = of('gen_ai.client.token.usage', 'output')
  expect(usage?.bucketCounts).toHaveLength((usage?.explicitBounds.length ?? 0) + 1)
  expect(usage?.sum).toBeGreaterThan(0)
  const unknown = () =>
    points('gen_ai.server.request.duration').find(
      ({ attributes }) => attributes['error.type'] === 'model_not_found',
    )
  await untilTrue(() => unknown() !== undefined)
  // What was asked for and is not in the catalog is no label.
  expect(unknown()?.attributes).not.toHaveProperty('gen_ai.request.model')
  await untilTrue(() => points('gen_ai.server.time_to_first_token').length > 0)
})

test('no secret and no content is in anything that was sent; the collector\u2019s own header is', async () => {
  const all = Buffer.concat(sink.received.map(({ bytes }) => bytes)).toString('latin1')
  expect(all).toContain('the-gateway')
  for (const secret of [CANARY, CREDENTIAL, HEADER, stand.customer.key])
    expect(all.includes(secret)).toBe(false)
  expect(sink.received[0]?.authorization).toBe(`Bearer ${HEADER}`)
})

test('a collector that takes nothing costs spans, which are counted, and no request', async () => {
  sink.state.status = 400
  const response = await send()
  expect(response.status).toBe(200)
  await response.text()
  const dropped = () =>
    gateway.messages.some(({ text = '' }) =>
      /spillway_gateway_spans_total\{became="not_taken"\} [1-9]/.test(text),
    )
  await untilTrue(dropped)
  sink.state.status = 200
})

test('what is left is sent at an orderly end', async () => {
  const last = await startGateway({
    ...{ databaseUrl: stand.database.url, folders: stand.folders },
    otel: settingsFor({ OTEL_BSP_SCHEDULE_DELAY: '600000', OTEL_METRIC_EXPORT_INTERVAL: '600000' }),
  })
  const response = await ask({ url: last.url, key: stand.customer.key, body: told({}) })
  await response.text()
  await last.stop()
  await spansOf(response)
})
