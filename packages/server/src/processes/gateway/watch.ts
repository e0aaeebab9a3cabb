/** What the operator sees of the data path: counters, latencies, and a line in the log for what went wrong. */
import type { Logger } from 'pino'
import { type Bill, type Call, Metrics, type Target, type Try } from '#modules/gateway/index.ts'
import type { Exchange } from './exchange.ts'

const HELP = {
  spillway_gateway_requests_total: 'Answers of the inference API by path and status.',
  spillway_gateway_tokens_total: 'Tokens recorded by model and direction.',
  spillway_gateway_usage_estimated_total: 'Answers whose server did not count, by model.',
  spillway_gateway_target_failures_total: 'Attempts that a model\u2019s server failed, by model.',
  spillway_gateway_tries_unanswered_total:
    'Tries of servers that gave no whole answer, by model, provider and how they went.',
  spillway_gateway_hedges_total:
    'Second servers that were asked because the first was slow, by model and how they went.',
  spillway_gateway_called_off_tokens_total:
    'Tokens of input that were also read by a server which was then called off, by model.',
  spillway_gateway_streams_broken_total: 'Streams that their server cut off, by model.',
  spillway_gateway_records_lost_total: 'Final usage records that could not be written.',
  spillway_gateway_failures_total: 'Failures of what requests stand on, by part.',
  spillway_gateway_request_seconds: 'From the request\u2019s headers to the end of its answer.',
  spillway_gateway_first_output_seconds:
    'From the request\u2019s headers to the first streamed output.',
  spillway_gateway_cache_total: 'Requests that looked into a cache, by model and outcome.',
  spillway_gateway_requests_omitted_total: 'Requests that are only counted in the request log.',
  spillway_gateway_spans_total: 'Spans for the collector, by what became of them.',
  spillway_gateway_calls: 'Requests that are being answered.',
  spillway_gateway_held: 'Requests that wait for a model that sleeps.',
  spillway_gateway_breakers_open: 'Servers whose breaker is open or half open.',
  spillway_gateway_batch_lines: 'Lines of batches that are being answered.',
  spillway_gateway_slabs: 'Organizations with money held here.',
  spillway_gateway_journal_backlog_bytes: 'Bytes of records that wait for the disk.',
} as const

export interface WatchDeps {
  readonly log: Logger
  readonly nowMs: () => number
}

/** What the gateway could not do for a while. */
export type Part =
  | 'credential'
  | 'routes'
  | 'breakers'
  | 'guardrails'
  | 'hold'
  | 'budgets'
  | 'rates'
  | 'held'
  | 'journal'
  | 'keys'
  | 'content'
  | 'batch'
  | 'measures'
  | 'requests'
  | 'telemetry'

export class Watch {
  readonly metrics = new Metrics(HELP)
  readonly #deps: WatchDeps
  #usedKeys = new Set<string>()

  constructor(deps: WatchDeps) {
    this.#deps = deps
  }

  onKeyUsed(apiKeyId: string): void {
    this.#usedKeys.add(apiKeyId)
  }

  /** Keys used since the last call. */
  takeUsedKeys(): string[] {
    const used = [...this.#usedKeys]
    this.#usedKeys = new Set()
    return used
  }

  onFirstOutput({ served: { model } }: Call, { startedMs }: Exchange): void {
    const seconds = (this.#deps.nowMs() - startedMs) / 1000
    this.metrics.observe('spillway_gateway_first_output_seconds', { model }, seconds)
  }

  onAnswer(
    { served: { model }, request, calledOff }: Call,
    { startedMs }: Pick<Exchange, 'startedMs'>,
    used: Bill,
  ): void {
    const seconds = (this.#deps.nowMs() - startedMs) / 1000
    const stream = String(request.isStream)
    this.metrics.observe('spillway_gateway_request_seconds', { model, stream }, seconds)
    this.metrics.count(
      'spillway_gateway_tokens_total',
      { model, direction: 'input' },
      used.inputTokens,
    )
    this.metrics.count(
      'spillway_gateway_tokens_total',
      { model, direction: 'output' },
      used.outputTokens,
    )
    if (used.isEstimated) this.metrics.count('spillway_gateway_usage_estimated_total', { model })
    if (calledOff > 0)
      this.metrics.count(
        'spillway_gateway_called_off_tokens_total',
        { model },
        used.inputTokens * calledOff,
      )
  }

  onCache({ route: { model } }: Call, outcome: 'hit' | 'miss'): void {
    this.metrics.count('spillway_gateway_cache_total', { model, outcome })
  }

  onStatus(path: string, status: number): void {
    this.metrics.count('spillway_gateway_requests_total', { path, status: String(status) })
  }

  onTargetFailed(model: string, target: Target, why: string): void {
    this.metrics.count('spillway_gateway_target_failures_total', { model })
    this.#deps.log.warn({ model, target: target.id, why }, 'a model\u2019s server failed a request')
  }

  onTried(model: string, { target: { providerName }, outcome, reason }: Try): void {
    if (reason === 'hedge') this.metrics.count('spillway_gateway_hedges_total', { model, outcome })
    if (outcome === 'answered') return
    const labels = { model, provider: providerName, outcome }
    this.metrics.count('spillway_gateway_tries_unanswered_total', labels)
  }

  onOmitted(): void {
    this.metrics.count('spillway_gateway_requests_omitted_total', {})
  }

  onSpans(spans: number, became: string): void {
    this.metrics.count('spillway_gateway_spans_total', { became }, spans)
  }

  onBrokenStream({ route }: Call, why: string): void {
    this.metrics.count('spillway_gateway_streams_broken_total', { model: route.model })
    this.#deps.log.warn({ model: route.model, why }, 'a stream broke off')
  }

  onRecordLost({ route }: Call, failure: unknown): void {
    this.metrics.count('spillway_gateway_records_lost_total', {})
    this.#deps.log.fatal(
      { model: route.model, err: failure },
      'a usage record could not be written',
    )
  }

  /** Something that requests stand on failed: `part` says which. */
  onFailure(part: Part, failure: unknown): void {
    this.metrics.count('spillway_gateway_failures_total', { part })
    this.#deps.log.warn({ part, err: failure }, 'a part of the gateway failed')
  }

  onRecording(isRecording: boolean, message: string): void {
    if (isRecording) this.#deps.log.warn(message)
    else this.#deps.log.fatal(message)
  }

  onDefect(requestId: string, failure: unknown): void {
    this.#deps.log.error({ requestId, err: failure }, 'a defect: the request was answered 500')
  }
}
