/** One admitted request on its way: what it used so far, and its end, which comes exactly once. */
import { assert } from '#kernel/assert.ts'
import { ZERO, type Money } from '#kernel/money.ts'
import { chargeOf, type Quantities } from './charge.ts'
import type { Dialect, ModelRequest } from './frame/dialect.ts'
import { estimateInputTokens } from './frame/estimate.ts'
import type { Guard } from './guard/guard.ts'
import type { Note, ProgressKeeper, Recording } from './recorder.ts'
import type { Wish } from './route-choice.ts'
import type { Route } from './route.ts'
import type { Try } from './trail.ts'
import { bill, type Bill, type Tally } from './usage.ts'

/** For whoever follows what a request is charged as. */
export interface CallRecord {
  /** The usage event that it is charged as, if it is charged. */
  readonly eventId: string
  /** Called at the end of each call of the request; more than no tokens were charged, or may have been. */
  readonly onSettled: (tokens: number) => void
}

export interface CallParts {
  readonly dialect: Dialect
  readonly request: ModelRequest
  readonly route: Route
  readonly wish: Wish | null
  /** At whose prices it may be answered. */
  readonly routes: readonly Route[]
  /** The guardrails that hold for it; null for none. */
  readonly guard: Guard | null
  readonly recording: Recording
  readonly progress: ProgressKeeper
  /** Gives the admission back, keeping the cost. */
  readonly settle: (cost: Money, tokens: number) => void
  /** Said in the answer, whatever it is. */
  readonly answerHeaders?: Readonly<Record<string, string>>
}

export class Call {
  readonly kind = 'call'
  readonly dialect: Dialect
  readonly request: ModelRequest
  /** Of the model that was asked for. */
  readonly route: Route
  readonly wish: Wish | null
  readonly routes: readonly Route[]
  readonly guard: Guard | null
  /** Of the model that answers: what is used costs what it costs there. */
  served: Route
  /** What a server of ours is told of the trace; null: nothing. */
  traceparent: string | null = null
  readonly answerHeaders: Readonly<Record<string, string>> | undefined
  readonly #parts: CallParts
  readonly #tries: Try[] = []
  #isEnded = false

  constructor(parts: CallParts) {
    this.#parts = parts
    this.dialect = parts.dialect
    this.request = parts.request
    this.route = parts.route
    this.answerHeaders = parts.answerHeaders
    this.wish = parts.wish
    this.routes = parts.routes
    this.guard = parts.guard
    this.served = parts.route
  }

  get tries(): readonly Try[] {
    return this.#tries
  }

  /** What it comes to is said by this in the record of it. */
  sayIn(note: Note): void {
    this.#parts.recording.sayIn(note)
  }

  /** A server of this route is asked now. */
  ask(route: Route): void {
    if (this.served === route) return
    this.served = route
    this.#parts.recording.serveBy(route)
  }

  /** How a try went. What is recorded with the usage says all of them where there is more to say than one server. */
  note(tried: Try): void {
    this.#tries.push(tried)
    if (this.wish !== null || this.#tries.length > 1)
      this.#parts.recording.explain({ asked: this.route, tries: this.#tries, wish: this.wish })
  }

  /** Servers that were asked for nothing, because another was faster. */
  get calledOff(): number {
    if (this.#tries.length < 2) return 0
    return this.#tries.filter(({ outcome }) => outcome === 'called_off').length
  }

  /** No server is asked: another request's answer is given. */
  answerFrom(requestId: string): void {
    const { route: asked, wish } = this
    this.#parts.recording.explain({ asked, tries: [], wish, cachedFrom: requestId })
  }

  /** What delivery amounts to, in tokens to charge. */
  bill(tally: Tally): Bill {
    return bill(tally, () => estimateInputTokens(this.dialect, this.request))
  }

  /** Output begins to reach the client: from now on a crash charges what `tally` says. */
  startOutput(tally: () => Tally): void {
    this.#parts.progress.start(this.#parts.recording, () => this.bill(tally()))
  }

  /** Ends the call with what it used, once that is on disk. Throws when it cannot be; it has ended all the same. */
  async finish(
    used: Quantities,
    { isDelivered }: { readonly isDelivered: boolean },
  ): Promise<void> {
    assert(!this.#isEnded, 'a call ends once')
    this.#isEnded = true
    this.#parts.progress.stop(this.#parts.recording)
    try {
      await this.#parts.recording.writeFinal(used, isDelivered)
    } finally {
      // A record that failed may still be on disk, so its cost counts.
      this.#parts.settle(chargeOf(this.served, used), used.inputTokens + used.outputTokens)
    }
  }

  /** Ends the call without a trace, unless it has ended. */
  cancel(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#parts.progress.stop(this.#parts.recording)
    this.#parts.settle(ZERO, 0)
  }
}
