/**
 * Writes down what each request used, in the journal that metering posts from: while a stream runs, what it used so
 * far, and at the end the final word. Answers are believed complete only after that word is on disk.
 */
import type { JournalRecord, UsageEvent, UsageTask } from '#modules/metering/index.ts'
import { chargeOf, splitByPrice, type Quantities } from './charge.ts'
import type { Route } from './route.ts'
import { renderTrail, type Trail } from './trail.ts'

export interface RecorderDeps {
  /** Resolves once the record is on disk. */
  readonly append: (record: JournalRecord) => Promise<void>
  /** Takes what could not be written, to be written as soon as records can be kept again. */
  readonly keep: (record: JournalRecord) => void
  readonly newEventId: () => string
  readonly now: () => Date
  readonly onFailure: (failure: unknown) => void
}

export interface Payer {
  readonly organizationId: string
  readonly projectId: string
  readonly route: Route
  readonly holdId: string | null
  /** Of budgets; absent where none is in the way. */
  readonly leaseIds?: readonly string[]
  /** Absent where its caller named no task. */
  readonly taskId?: string
}

/** Says of a request what the request log is to say, as one line of JSON. */
export interface Note {
  render(route: Route, used: Quantities): string
  /** The final word is on disk, and what was rendered last with it. */
  onKept(): void
}

/** The record of one request. */
export class Recording {
  readonly #deps: RecorderDeps
  readonly #payer: Payer
  readonly #id: string
  readonly #from: Date
  #route: Route
  #trail: Trail | null = null
  #note: Note | null = null
  #written: Quantities = { inputTokens: 0, outputTokens: 0 }

  constructor(deps: RecorderDeps, payer: Payer, eventId?: string) {
    this.#deps = deps
    this.#payer = payer
    this.#route = payer.route
    this.#id = eventId ?? deps.newEventId()
    this.#from = deps.now()
  }

  /** Whoever answers does so for this model, at its price. */
  serveBy(route: Route): void {
    this.#route = route
  }

  /** How the request came to be answered is kept with what it used. */
  explain(trail: Trail): void {
    this.#trail = trail
  }

  /** From now on this is asked for the request's line of the log. */
  sayIn(note: Note): void {
    this.#note = note
  }

  /** Notes what was used so far, if that is news. It counts only if this process dies before the final word. */
  async writeProgress(used: Quantities): Promise<void> {
    const { inputTokens, outputTokens } = this.#written
    if (used.inputTokens === inputTokens && used.outputTokens === outputTokens) return
    this.#written = used
    try {
      await this.#deps.append({ kind: 'progress', event: this.#event(used) })
    } catch (failure) {
      // The answer goes on; its end will find out for itself whether records can be kept.
      this.#deps.onFailure(failure)
    }
  }

  /**
   * The final word; throws when it could not be written. What was delivered already is then kept for later; what was
   * not is not delivered and not charged. What used nothing leaves no trace, unless it was begun.
   */
  async writeFinal(used: Quantities, isDelivered: boolean): Promise<void> {
    const wasWritten = this.#written.inputTokens + this.#written.outputTokens > 0
    if (used.inputTokens + used.outputTokens === 0 && !wasWritten) return
    const record = { kind: 'usage', event: this.#event(used) } as const
    try {
      await this.#deps.append(record)
      if (record.event.lines.length > 0) this.#note?.onKept()
    } catch (failure) {
      if (isDelivered) this.#deps.keep(record)
      throw failure
    }
  }

  #event(used: Quantities): UsageEvent {
    const { organizationId, projectId, holdId, leaseIds, taskId } = this.#payer
    const [route, trail, note] = [this.#route, this.#trail, this.#note]
    const { input, output, classes } = splitByPrice(route, used)
    const lines = [
      { sku: route.inputSku, priceId: route.inputPriceId, quantity: BigInt(input) },
      { sku: route.outputSku, priceId: route.outputPriceId, quantity: BigInt(output) },
    ].filter(({ quantity }) => quantity > 0n)
    for (const { sku, priceId, quantity } of classes)
      lines.push({ sku, priceId, quantity: BigInt(quantity) })
    return {
      id: this.#id,
      organizationId,
      projectId,
      resource: route.model,
      holdId,
      from: this.#from,
      to: this.#deps.now(),
      lines,
      ...(leaseIds ? { budgets: { leaseIds, cost: chargeOf(route, used) } } : null),
      ...(trail ? { detail: renderTrail(trail, used) } : null),
      ...(taskId === undefined ? null : { task: this.#taskOf(taskId) }),
      ...(note ? { note: note.render(route, used) } : null),
    }
  }

  #taskOf(id: string): UsageTask {
    const { model, policy } = this.#payer.route
    const tries = Math.max(1, this.#trail?.tries.length ?? 1)
    return { id, asked: model, routeVersion: policy?.version ?? null, tries }
  }
}

/** Keeps the records of running streams current. */
export class ProgressKeeper {
  readonly #running = new Map<Recording, () => Quantities>()

  /** From now on, `used` is asked at every tick. Its first word is written at once. */
  start(recording: Recording, used: () => Quantities): void {
    this.#running.set(recording, used)
    void recording.writeProgress(used())
  }

  stop(recording: Recording): void {
    this.#running.delete(recording)
  }

  /** Called at least every second. */
  tick(): void {
    for (const [recording, used] of this.#running) void recording.writeProgress(used())
  }

  get running(): number {
    return this.#running.size
  }
}
