/**
 * Tells the database how models answered here, from the counters that the metrics have anyway: nothing of it is done
 * for a request. What could not be written is told with the next try.
 */
import type { MeasuredModel } from '#modules/card/index.ts'
import type { Metrics } from '#modules/gateway/index.ts'

export interface MeasureDeps {
  readonly metrics: Metrics
  readonly write: (measured: readonly MeasuredModel[]) => Promise<void>
  readonly onFailure: (failure: unknown) => void
}

/** All since this process began. */
interface Total {
  readonly firstOutputCounts: readonly number[]
  readonly answerCounts: readonly number[]
  readonly answerS: number
  readonly outputTokens: number
}

const NOTHING: Total = { firstOutputCounts: [], answerCounts: [], answerS: 0, outputTokens: 0 }

const combine = (a: readonly number[], b: readonly number[], sign: 1 | -1) =>
  Array.from(
    { length: Math.max(a.length, b.length) },
    (_, at) => (a[at] ?? 0) + sign * (b[at] ?? 0),
  )

export class Measures {
  readonly #deps: MeasureDeps
  #told: ReadonlyMap<string, Total> = new Map()
  #telling: Promise<void> | null = null

  constructor(deps: MeasureDeps) {
    this.#deps = deps
  }

  /** Tells what came since it last told; a call while it tells waits for that alone. */
  tell(): Promise<void> {
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = null
    })
    return this.#telling
  }

  async #tell(): Promise<void> {
    const totals = this.#read()
    const news = [...totals].flatMap(([model, total]) => {
      const before = this.#told.get(model) ?? NOTHING
      const answerCounts = combine(total.answerCounts, before.answerCounts, -1)
      if (answerCounts.every((count) => count === 0)) return []
      return {
        ...{ model, answerCounts },
        firstOutputCounts: combine(total.firstOutputCounts, before.firstOutputCounts, -1),
        answerS: total.answerS - before.answerS,
        outputTokens: total.outputTokens - before.outputTokens,
      }
    })
    if (news.length === 0) return
    try {
      await this.#deps.write(news)
      this.#told = totals
    } catch (failure) {
      this.#deps.onFailure(failure)
    }
  }

  #read(): ReadonlyMap<string, Total> {
    const { metrics } = this.#deps
    const totals = new Map<string, Total>()
    const change = (model: string | undefined, by: (total: Total) => Partial<Total>) => {
      if (model === undefined) return
      const total = totals.get(model) ?? NOTHING
      totals.set(model, { ...total, ...by(total) })
    }
    for (const { labels, counts, sum } of metrics.readHistogram('spillway_gateway_request_seconds'))
      change(labels['model'], ({ answerCounts, answerS }) => ({
        answerCounts: combine(answerCounts, counts, 1),
        answerS: answerS + sum,
      }))
    const first = metrics.readHistogram('spillway_gateway_first_output_seconds')
    for (const { labels, counts } of first)
      change(labels['model'], ({ firstOutputCounts }) => ({
        firstOutputCounts: combine(firstOutputCounts, counts, 1),
      }))
    for (const { labels, value } of metrics.readCounter('spillway_gateway_tokens_total'))
      if (labels['direction'] === 'output')
        change(labels['model'], ({ outputTokens }) => ({ outputTokens: outputTokens + value }))
    return totals
  }
}
