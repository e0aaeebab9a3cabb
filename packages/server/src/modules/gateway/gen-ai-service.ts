/**
 * What a request is in the terms of OpenTelemetry's conventions for generative AI (1.41.0): its span with a span for
 * each server that was asked, and its points in histograms. From its line of the log alone, so never content. Pure.
 */
import type { RequestTry } from '@spillway/contract'
import { renderMoney } from '#kernel/money.ts'
import { plainText, type RequestLine } from '#modules/request/index.ts'
import type { Instrument } from '#platform/telemetry/otlp/histograms.ts'
import type { Attributes, AttributeValue, Span } from '#platform/telemetry/otlp/span.ts'
import type { TraceContext } from '#platform/telemetry/otlp/trace-context.ts'
import type { Try } from './trail.ts'

export const GEN_AI_SCHEMA_URL = 'https://opentelemetry.io/schemas/1.41.0'

const OPERATIONS: Readonly<Record<string, string>> = {
  completions: 'text_completion',
  embeddings: 'embeddings',
}
/** How the conventions call those that we call otherwise. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
}
const OWN = 'spillway'

const DURATION_BOUNDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const USAGE: Instrument = {
  name: 'gen_ai.client.token.usage',
  unit: '{token}',
  description: 'Number of input and output tokens used.',
  bounds: [
    1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
  ],
}
const DURATION: Instrument = {
  name: 'gen_ai.server.request.duration',
  unit: 's',
  description: 'From the request\u2019s headers to the end of its answer.',
  bounds: DURATION_BOUNDS,
}
const FIRST_TOKEN: Instrument = {
  name: 'gen_ai.server.time_to_first_token',
  unit: 's',
  description: 'From the request\u2019s headers to the first streamed output, of complete answers.',
  bounds: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
}
const PER_TOKEN: Instrument = {
  name: 'gen_ai.server.time_per_output_token',
  unit: 's',
  description: 'Of streams, per token after the first, of complete answers.',
  bounds: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
}
export const GEN_AI_INSTRUMENTS = [USAGE, DURATION, FIRST_TOKEN, PER_TOKEN] as const

type Optional = readonly (readonly [string, AttributeValue | null])[]

function present(attributes: Optional): Attributes {
  return attributes.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
}

function providerOf(tries: readonly Try[]): string {
  const last = tries.at(-1)?.target
  if (last === undefined || last.kind === 'replica') return OWN
  return PROVIDERS[last.provider] ?? last.provider
}

const operationOf = ({ dialect }: RequestLine) => OPERATIONS[dialect] ?? 'chat'

function errorOf({ outcome, errorCode }: RequestLine): string | null {
  return outcome === 'answered' ? null : (errorCode ?? outcome)
}

const counted = (tokens: number | undefined) => (tokens ? { int: tokens } : null)
const SECOND_MS = 1000

export interface Observed {
  readonly line: RequestLine
  readonly tries: readonly Try[]
  readonly trace: TraceContext
  /** On the monotonic clock: what `startedMs` of tries is on. */
  readonly startedMs: number
  readonly newSpanId: () => string
}

/** Its own span, then one for each try. */
export function spansOf(observed: Observed): readonly Span[] {
  const { line, tries, trace, startedMs, newSpanId } = observed
  const { traceId, spanId, parentSpanId, traceState } = trace
  const startMs = line.at.getTime()
  const root: Span = {
    ...{ traceId, spanId, parentSpanId, traceState, kind: 'server', startMs },
    name: plainText(`${operationOf(line)} ${line.modelAsked ?? ''}`).trimEnd(),
    endMs: startMs + line.durationMs,
    attributes: rootAttributes(observed),
    error: line.status >= 500 || isCut(line) ? errorOf(line) : null,
  }
  const children = tries.map((each, index): Span => {
    const beganMs = startMs + Math.max(0, each.startedMs - startedMs)
    return {
      ...{ traceId, spanId: newSpanId(), parentSpanId: spanId, traceState, kind: 'client' },
      name: `ask ${plainText(each.target.providerName)}`,
      ...{ startMs: beganMs, endMs: beganMs + each.ms },
      attributes: tryAttributes(line.tries[index], each),
      error: each.outcome === 'answered' || each.outcome === 'refused' ? null : each.outcome,
    }
  })
  return [root, ...children]
}

const isCut = ({ outcome }: RequestLine) => outcome === 'broken' || outcome === 'interrupted'

function rootAttributes({ line, tries }: Observed): Attributes {
  const { tokens, firstOutputMs } = line
  const model = (name: string | null) => (name === null ? null : plainText(name))
  return present([
    ['gen_ai.operation.name', operationOf(line)],
    ['gen_ai.provider.name', providerOf(tries)],
    ['gen_ai.request.model', model(line.modelAsked)],
    ['gen_ai.response.model', model(line.model)],
    ['gen_ai.request.stream', line.isStream],
    [
      'gen_ai.response.time_to_first_chunk',
      firstOutputMs === null ? null : firstOutputMs / SECOND_MS,
    ],
    ['gen_ai.usage.input_tokens', { int: tokens.inputTokens }],
    ['gen_ai.usage.output_tokens', { int: tokens.outputTokens }],
    ['gen_ai.usage.cache_read.input_tokens', counted(tokens.cachedInputTokens)],
    ['gen_ai.usage.cache_creation.input_tokens', counted(tokens.cacheWriteTokens)],
    ['gen_ai.usage.reasoning.output_tokens', counted(tokens.reasoningTokens)],
    ['http.request.method', 'POST'],
    ['http.response.status_code', { int: line.status }],
    ['error.type', errorOf(line)],
    ['spillway.request.id', line.id],
    ['spillway.organization.id', line.organizationId],
    ['spillway.project.id', line.projectId],
    ['spillway.api_key.id', line.apiKeyId],
    ['spillway.dialect', line.dialect],
    ['spillway.outcome', line.outcome],
    ['spillway.cost_usd', renderMoney(line.cost)],
    ['spillway.route.version', line.routeVersion === null ? null : { int: line.routeVersion }],
    ['spillway.guardrails', line.guardrails],
    ['spillway.tries', { int: tries.length }],
  ])
}

function tryAttributes(told: RequestTry | undefined, each: Try): Attributes {
  const { outcome, status } = each
  return present([
    ['spillway.target.id', each.target.id],
    ['spillway.provider', plainText(each.target.providerName)],
    ['spillway.region', told?.region ?? null],
    ['spillway.model', each.model],
    ['spillway.group', told?.group ?? null],
    ['spillway.reason', each.reason],
    ['http.response.status_code', status === null ? null : { int: status }],
    ['error.type', outcome === 'answered' ? null : outcome],
  ])
}

interface Recorder {
  record(instrument: Instrument, attributes: Attributes, value: number): void
}

/** `model` names one of the catalog, so that its values are bounded. */
export function recordRequest(
  histograms: Recorder,
  { line, tries }: Pick<Observed, 'line' | 'tries'>,
  model: string | null,
): void {
  const common: Optional = [
    ['gen_ai.operation.name', operationOf(line)],
    ['gen_ai.provider.name', providerOf(tries)],
    ['gen_ai.request.model', model],
    ['gen_ai.response.model', line.model],
  ]
  const { inputTokens, outputTokens } = line.tokens
  const seconds = line.durationMs / SECOND_MS
  histograms.record(DURATION, present([...common, ['error.type', errorOf(line)]]), seconds)
  for (const [type, tokens] of [
    ['input', inputTokens],
    ['output', outputTokens],
  ] as const)
    if (tokens > 0)
      histograms.record(USAGE, present([...common, ['gen_ai.token.type', type]]), tokens)
  if (line.firstOutputMs === null || line.outcome !== 'answered') return
  const first = line.firstOutputMs / SECOND_MS
  histograms.record(FIRST_TOKEN, present(common), first)
  if (outputTokens > 1)
    histograms.record(PER_TOKEN, present(common), (seconds - first) / (outputTokens - 1))
}
