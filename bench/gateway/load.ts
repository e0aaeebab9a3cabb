/** Makes load in a process of its own: so many callers, each asking again as soon as it is answered. */
import { type Dispatcher, Pool } from 'undici'
import type { LoadOrder, LoadResult } from './load-order.ts'

interface Outcome {
  readonly isGood: boolean
  readonly startedMs: number
  readonly firstMs: number
  readonly events: number
}

/** Reads one answer to its end. */
class Answer implements Dispatcher.DispatchHandler {
  readonly #mark: Buffer
  readonly #done: (outcome: Outcome) => void
  readonly #startedMs = performance.now()
  #status = 0
  #isMarked = false
  #isFirst = true
  #events = 0
  #firstMs = 0

  constructor(mark: Buffer, done: (outcome: Outcome) => void) {
    this.#mark = mark
    this.#done = done
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#isFirst) {
      this.#isFirst = false
      this.#firstMs = performance.now()
      // The identity of the mock is in the first bytes of whatever it says.
      this.#isMarked = piece.includes(this.#mark)
    }
    for (let at = piece.indexOf('data: '); at >= 0; at = piece.indexOf('data: ', at + 6))
      this.#events += 1
  }

  onResponseEnd(): void {
    this.#finish(this.#status === 200 && this.#isMarked)
  }

  onResponseError(): void {
    this.#finish(false)
  }

  #finish(isGood: boolean): void {
    this.#done({ isGood, startedMs: this.#startedMs, firstMs: this.#firstMs, events: this.#events })
  }
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** What the callers of one order found. */
class Findings {
  readonly total: number[] = []
  readonly first: number[] = []
  readonly events: number[] = []
  asked = 0
  failures = 0

  summarize(seconds: number): LoadResult {
    const total = Float64Array.from(this.total).toSorted()
    const first = Float64Array.from(this.first).toSorted()
    return {
      asked: this.asked,
      answered: total.length,
      failures: this.failures,
      perSecond: total.length / seconds,
      p50Ms: percentile(total, 0.5),
      p99Ms: percentile(total, 0.99),
      firstP50Ms: percentile(first, 0.5),
      firstP99Ms: percentile(first, 0.99),
      eventsMin: this.events.reduce((least, count) => Math.min(least, count), Infinity),
      eventsMax: this.events.reduce((most, count) => Math.max(most, count), 0),
    }
  }
}

function askOnce(pool: Pool, order: LoadOrder): Promise<Outcome> {
  const headers = { 'content-type': 'application/json', ...order.headers }
  return new Promise((resolve) => {
    const { path, body } = order
    pool.dispatch(
      { method: 'POST', path, headers, body },
      new Answer(Buffer.from(order.mark), resolve),
    )
  })
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const pool = new Pool(order.origin, { connections: order.concurrency, pipelining: 1 })
  const findings = new Findings()
  const measureFromMs = performance.now() + order.warmUpMs
  const endMs = measureFromMs + order.durationMs
  const call = async () => {
    while (performance.now() < endMs && findings.failures < 100) {
      findings.asked += 1
      const { isGood, startedMs, firstMs, events } = await askOnce(pool, order)
      if (!isGood) findings.failures += 1
      if (!isGood || startedMs < measureFromMs) continue
      findings.total.push(performance.now() - startedMs)
      findings.first.push(firstMs - startedMs)
      findings.events.push(events)
    }
  }
  await Promise.all(Array.from({ length: order.concurrency }, call))
  const seconds = (performance.now() - measureFromMs) / 1000
  await pool.destroy()
  return findings.summarize(seconds)
}

process.on(
  'message',
  (order: LoadOrder) => void run(order).then((result) => process.send?.(result)),
)
process.on('disconnect', () => process.exit())
process.send?.({ port: 0 })
