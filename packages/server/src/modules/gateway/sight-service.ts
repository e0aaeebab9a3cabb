/**
 * What is seen of one request from its credential to its end, for the request log and for whoever else looks on. It
 * holds what the path has in its hands anyway, and puts it together once, when it is asked for. Never content.
 */
import type { RequestOutcome, RequestTry } from '@spillway/contract'
import { ZERO } from '#kernel/money.ts'
import type { Principal } from '#modules/identity/index.ts'
import { type RequestLine, renderLine } from '#modules/request/index.ts'
import { renderTraceparent, type TraceContext } from '#platform/telemetry/otlp/trace-context.ts'
import { endUserOf } from './budget-gate-service.ts'
import type { Call } from './call.ts'
import { type Quantities, ratedCost } from './charge.ts'
import type { DialectName, ModelRequest } from './frame/dialect.ts'
import type { Note } from './recorder.ts'
import type { Refusal } from './refusal.ts'
import type { Route } from './route.ts'
import type { Try } from './trail.ts'

export interface SightParts {
  readonly id: string
  readonly at: Date
  /** On the monotonic clock. */
  readonly startedMs: number
  readonly nowMs: () => number
  readonly now: () => Date
  readonly childOf: (trace: TraceContext) => TraceContext
  readonly principal: Principal
  readonly dialect: DialectName
  /** The guardrail that asks; null: a client does. */
  readonly guardrail?: string
  /** Whether its line is for the request log. */
  readonly isLogged: boolean
  /** Null: no collector is told. */
  readonly trace: TraceContext | null
  readonly onEnd: (sight: Sight) => void
}

/** How an answer that began went on. */
export type SightEnd = 'complete' | 'broken' | 'gone'

interface State {
  readonly outcome: RequestOutcome
  readonly status: number
  readonly errorCode: string | null
}

const RUNNING: State = { outcome: 'interrupted', status: 200, errorCode: null }
/** The client left before anything was there for it. */
const LEFT: State = { outcome: 'gone', status: 499, errorCode: null }
const ENDS: Readonly<Record<SightEnd, State>> = {
  complete: { outcome: 'answered', status: 200, errorCode: null },
  broken: { outcome: 'broken', status: 200, errorCode: 'upstream_error' },
  gone: { outcome: 'gone', status: 200, errorCode: null },
}
const CODE = /^[\w.-]{1,64}$/
const NOTHING: Quantities = { inputTokens: 0, outputTokens: 0 }

export class Sight implements Note {
  readonly parts: SightParts
  #request: ModelRequest | null = null
  #call: Call | null = null
  #state: State | null = null
  #route: Route | null = null
  #used: Quantities = NOTHING
  #firstOutputMs: number | null = null
  #judges = 0
  #isCached = false
  #isKept = false
  #isClosed = false

  constructor(parts: SightParts) {
    this.parts = parts
  }

  /** Its line is on its way into the log with its usage. */
  get isKept(): boolean {
    return this.#isKept
  }

  /** The catalog\u2019s name of what was asked for; null: it is not in the catalog. */
  get catalogModel(): string | null {
    return this.#call?.route.model ?? null
  }

  get tries(): readonly Try[] {
    return this.#call?.tries ?? []
  }

  /** The body makes sense. */
  read(request: ModelRequest): void {
    this.#request = request
  }

  /** It is admitted; a later one takes the place of an earlier. */
  take(call: Call): void {
    this.#call = call
    if (this.parts.isLogged) call.sayIn(this)
    const { trace } = this.parts
    if (trace) call.traceparent = renderTraceparent(trace)
  }

  onFirstOutput(): void {
    this.#firstOutputMs ??= this.#elapsedMs()
  }

  /** What was used is about to be recorded. */
  end(end: SightEnd, route: Route, used: Quantities): void {
    this.#state = ENDS[end]
    this.#route = route
    this.#used = used
  }

  /** It is answered with what is kept of an earlier one. */
  repeat(): void {
    this.#state = ENDS.complete
    this.#isCached = true
  }

  /** It is answered so, and nothing is charged. */
  refuse({ status, error }: Refusal): void {
    const isFailed = status >= 500 && this.tries.length > 0
    const outcome = isFailed ? 'failed' : 'refused'
    // A server's own code may be anything; what is no code is not taken for one.
    const errorCode = error.code !== null && CODE.test(error.code) ? error.code : error.type
    this.#state = { outcome, status, errorCode }
    this.#used = NOTHING
    this.#isKept = false
  }

  /** What a guardrail asks of a model beside this request, at the same caller\u2019s expense. */
  beside(guardrail: string): Sight {
    const { parts } = this
    const id = `${parts.id}-${++this.#judges}`
    const trace = parts.trace && parts.childOf(parts.trace)
    const startedMs = parts.nowMs()
    return new Sight({
      ...parts,
      id,
      guardrail,
      trace,
      startedMs,
      at: parts.now(),
      dialect: 'chat',
    })
  }

  render(route: Route, used: Quantities): string {
    this.#route = route
    this.#used = used
    return renderLine(this.line(RUNNING))
  }

  onKept(): void {
    this.#isKept = true
  }

  /** Nothing more comes. Called once or more. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#state ??= LEFT
    this.parts.onEnd(this)
  }

  line(meanwhile: State = LEFT): RequestLine {
    const { id, at, principal, dialect } = this.parts
    const { organizationId, projectId, apiKeyId } = principal
    const [request, call] = [this.#request, this.#call]
    const { tries } = this
    return {
      ...{ id, at, organizationId, projectId, apiKeyId, dialect },
      endUser: request === null ? null : endUserOf(request.body),
      isStream: request?.isStream ?? false,
      modelAsked: request?.model ?? null,
      model: (tries.find(isAnswer) ?? tries.at(-1))?.model ?? this.#route?.model ?? null,
      ...(this.#state ?? meanwhile),
      tokens: this.#used,
      cost: this.#route === null ? ZERO : ratedCost(this.#route, this.#used),
      firstOutputMs: this.#firstOutputMs,
      durationMs: this.#elapsedMs(),
      isCached: this.#isCached || this.#used.isCachedResponse === true,
      guardrails: this.parts.guardrail ?? foundBy(call),
      routeVersion: call?.route.policy?.version ?? null,
      tries: tries.map(tryOf),
    }
  }

  #elapsedMs(): number {
    return this.parts.nowMs() - this.parts.startedMs
  }
}

/** Of two that were asked at once, the one that was heard. */
function isAnswer({ outcome }: Try): boolean {
  return outcome === 'answered' || outcome === 'broken'
}

function foundBy(call: Call | null): string | null {
  const found = call?.guard?.screening.render() ?? ''
  return found === '' ? null : found
}

/** Without what it costs the operator. */
function tryOf({ target, model, group, reason, outcome, status, ms }: Try): RequestTry {
  return {
    target: target.id,
    provider: target.providerName,
    region: target.region,
    ...{ model, group, reason, outcome, status, ms },
  }
}
