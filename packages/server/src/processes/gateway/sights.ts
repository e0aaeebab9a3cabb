/** Opens a sight for each request whose caller is known, and sees what it saw into the request log. */
import { type Principal, Sight } from '#modules/gateway/index.ts'
import { keepBatch, renderLine, WaitingLines } from '#modules/request/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { TraceContext, TraceHeaders } from '#platform/telemetry/otlp/trace-context.ts'
import {
  REQUEST_LINES_BURST,
  REQUEST_LINES_PER_SECOND,
  REQUEST_LINES_PROJECTS_MAX,
  REQUEST_LINES_WAITING_MAX,
} from '../../limits.ts'
import type { Exchange } from './exchange.ts'
import type { Telemetry } from './telemetry.ts'

export interface SightsDeps {
  readonly database: Database
  readonly now: () => Date
  /** The monotonic clock, for durations. */
  readonly nowMs: () => number
  /** Whether the request log is kept. */
  readonly isLogging: boolean
  /** Null: no collector is told. */
  readonly telemetry: Telemetry | null
  /** A request has no line, and is only counted. */
  readonly onOmitted: () => void
  readonly onFailure: (failure: unknown) => void
}

export class Sights {
  readonly #deps: SightsDeps
  readonly #waiting = new WaitingLines({
    waitingMax: REQUEST_LINES_WAITING_MAX,
    burst: REQUEST_LINES_BURST,
    perSecond: REQUEST_LINES_PER_SECOND,
    projectsMax: REQUEST_LINES_PROJECTS_MAX,
  })
  #isWriting = false

  constructor(deps: SightsDeps) {
    this.#deps = deps
  }

  open({ request, requestId, dialect, startedMs }: Exchange, principal: Principal): Sight {
    const { now, nowMs, isLogging, telemetry } = this.#deps
    return new Sight({
      ...{ id: requestId, at: now(), startedMs, now, nowMs, principal, dialect: dialect.name },
      ...{ isLogged: isLogging, childOf: this.#childOf, onEnd: this.#onEnd },
      trace: telemetry && telemetry.begin(request.headers as TraceHeaders),
    })
  }

  readonly #childOf = (trace: TraceContext): TraceContext =>
    this.#deps.telemetry?.child(trace) ?? trace

  /** Writes what waits. What cannot be written now is written the next time. */
  async flush(): Promise<void> {
    const { database, now, nowMs, onFailure } = this.#deps
    if (this.#isWriting) return
    const batch = this.#waiting.take(nowMs())
    if (batch === null) return
    this.#isWriting = true
    try {
      await inTransaction(database, (tx) => keepBatch(tx, batch, now()))
    } catch (failure) {
      this.#waiting.giveBack(batch)
      onFailure(failure)
    } finally {
      this.#isWriting = false
    }
  }

  /** What used something has its line with its usage. */
  readonly #onEnd = (sight: Sight): void => {
    this.#deps.telemetry?.onEnd(sight, sight.catalogModel)
    if (sight.isKept || !sight.parts.isLogged) return
    const { principal } = sight.parts
    const { nowMs, onOmitted } = this.#deps
    if (!this.#waiting.add(principal, () => renderLine(sight.line()), nowMs())) onOmitted()
  }
}
