/** One line of a batch: asked as a client's request is, and ended in one transaction with what it costs. */
import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Batch,
  type ClaimedLine,
  dialectOf,
  endLineCharged,
  endLineRefused,
  type ChargeDeps,
  readLine,
  readStretch,
  renderAnswered,
  usageIdOf,
} from '#modules/batch/index.ts'
import {
  type BatchLine,
  type Bill,
  type Call,
  deliver,
  EMPTY_TALLY,
  type Refusal,
  refusals,
} from '#modules/gateway/index.ts'
import type { UsageEvent } from '#modules/metering/index.ts'
import { BATCH_LINE_FAILURES_MAX } from '../../limits.ts'
import { askWhole, type AskDeps, finish, onGoneOf, type WholeText } from './asking.ts'
import type { Waiting } from './exchange.ts'
import { askJudges } from './judges.ts'
import { contextOf, renderWhole } from './whole-answer.ts'

export interface LineDeps extends AskDeps, ChargeDeps {
  readonly newRequestId: () => string
}

export interface LineWork {
  readonly batch: Batch
  readonly line: ClaimedLine
  readonly departure: Departure
  readonly isSpare: BatchLine['isSpare']
}

/** What became of a line. All but the first leave it to be asked again. */
export type LineFate =
  | 'ended'
  /** It was told to leave. */
  | 'left'
  /** Nobody can pay for it now, or nobody is there for it. */
  | 'put_off'
  /** A server failed it. */
  | 'failed'

/** In a client's place: leaves when the line is not to be answered here any more. */
export class Departure extends EventEmitter {
  destroyed = false

  leave(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

/** Pauses between tries to write down an answer that is there already. */
const WRITE_AGAIN_MS = [100, 500, 2000, 5000] as const

class Line {
  readonly requestId: string
  readonly startedMs: number
  readonly #deps: LineDeps
  readonly #work: LineWork
  readonly #waiting: Waiting
  #end: { readonly result: string; readonly used: Bill } | null = null
  #isEnded = false

  constructor(deps: LineDeps, work: LineWork) {
    this.#deps = deps
    this.#work = work
    this.#waiting = { response: work.departure }
    this.requestId = deps.newRequestId()
    this.startedMs = deps.nowMs()
  }

  async answer(): Promise<LineFate> {
    const { batch, line } = this.#work
    const bytes = await readStretch(this.#deps.database, batch.inputFileId, line)
    const read = readLine(bytes, batch.endpoint)
    if (read.kind === 'line') return this.#open(read.body)
    const { message, code, param } = read
    return this.#refuse(refusals.invalidRequest(message, { code, param }))
  }

  async #open(body: Uint8Array, guard?: 'asked'): Promise<LineFate> {
    const { gateway } = this.#deps
    const { batch, isSpare } = this.#work
    const { principal } = batch
    const line = { isSpare, record: this.#record }
    const asking = { principal, dialect: dialectOf(batch.endpoint), headers: {}, body, line }
    const call = await gateway.open(guard ? { ...asking, guard } : asking, onGoneOf(this.#waiting))
    if (call.kind === 'refusal') return this.#judge(call)
    try {
      return await this.#ask(call)
    } finally {
      call.cancel()
    }
  }

  async #ask(call: Call): Promise<LineFate> {
    const exchange = this.#waiting
    const { principal } = this.#work.batch
    const ruling = call.guard ? await askJudges(this.#deps, { exchange, principal, call }) : null
    if (exchange.response.destroyed) return 'left'
    if (ruling?.kind === 'refusal') return this.#judge(ruling)
    if (ruling?.kind === 'redirect') {
      call.cancel()
      return this.#open(ruling.body, 'asked')
    }
    const outcome = await askWhole(this.#deps, exchange, call)
    if (outcome.kind === 'gone') return 'left'
    if (outcome.kind !== 'answered') return this.#judge(outcome.refusal)
    return this.#finish(call, outcome.answer)
  }

  async #finish(call: Call, answer: WholeText): Promise<LineFate> {
    const { batch, line } = this.#work
    const used = call.bill(deliver(EMPTY_TALLY, answer.whole))
    const context = contextOf(this.#deps, this, call)
    const body = renderWhole(context, call, { ...answer, used })
    const { requestId } = this
    const name = { batchId: batch.id, number: line.number, customId: line.customId }
    this.#end = { result: renderAnswered(name, { status: 200, requestId, body }), used }
    const refusal = await finish(this.#deps, call, { used, isDelivered: false })
    if (refusal) return 'put_off'
    // What used nothing is not charged, and is an answer all the same.
    if (!this.#isEnded) await this.#write(null)
    this.#deps.watch.onAnswer(call, this, used)
    return 'ended'
  }

  readonly #record: BatchLine['record'] = {
    newEventId: () => usageIdOf(this.#work.batch.id, this.#work.line.number),
    append: (record) => (record.kind === 'usage' ? this.#write(record.event) : Promise.resolve()),
  }

  /** The answer and its charge, or neither. Where it is not known whether they were written, saying it again tells. */
  async #write(event: UsageEvent | null): Promise<void> {
    const end = this.#end
    if (end === null) return
    const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = end.used
    const tokens = {
      ...{ input: inputTokens, cached: cachedInputTokens },
      ...{ output: outputTokens, reasoning: reasoningTokens },
    }
    const ended = { state: 'done' as const, result: end.result, tokens, event }
    for (const pauseMs of [...WRITE_AGAIN_MS, null]) {
      try {
        await endLineCharged(this.#deps, this.#work.line, ended)
        this.#isEnded = true
        return
      } catch (failure) {
        if (pauseMs === null) throw failure
        await delay(pauseMs)
      }
    }
  }

  /** What is wrong with the request itself is its answer; all else may be better later. */
  #judge(refusal: Refusal): Promise<LineFate> | LineFate {
    const { status, error } = refusal
    if (error.code === 'upstream_error') {
      const failures = this.#work.line.failures + 1
      return failures >= BATCH_LINE_FAILURES_MAX ? this.#refuse(refusal) : 'failed'
    }
    return status === 429 || status >= 500 ? 'put_off' : this.#refuse(refusal)
  }

  async #refuse(refusal: Refusal): Promise<LineFate> {
    const { batch, line } = this.#work
    const { requestId } = this
    const { status, body } = dialectOf(batch.endpoint).renderRefusal(refusal, requestId)
    const name = { batchId: batch.id, number: line.number, customId: line.customId }
    const result = renderAnswered(name, { status, requestId, body })
    await endLineRefused(this.#deps.database, line, result)
    return 'ended'
  }
}

export function answerLine(deps: LineDeps, work: LineWork): Promise<LineFate> {
  return new Line(deps, work).answer()
}
