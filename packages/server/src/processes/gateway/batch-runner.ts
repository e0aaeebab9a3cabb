/**
 * Answers lines of batches with what capacity nobody uses: takes as many as servers have room for, keeps its claims on
 * them alive, and lets go of the youngest when others wait. Several gateways share the lines of a batch.
 */
import {
  type Batch,
  type ClaimedLine,
  claimLines,
  listRunningBatches,
  releaseLine,
  renewClaims,
} from '#modules/batch/index.ts'
import { type Gateway, isSpare, linesAllowed, type Target } from '#modules/gateway/index.ts'
import {
  BATCH_CLAIM_MS,
  BATCH_IDLE_LOOK_EVERY_MS,
  BATCH_LINES_AT_ONCE,
  BATCH_PAUSE_MS,
  BATCH_RENEW_EVERY_MS,
} from '../../limits.ts'
import { answerLine, Departure, type LineDeps, type LineFate } from './batch-line.ts'

export interface RunnerDeps extends LineDeps {
  /** Names claims of this gateway, each another. */
  readonly newClaim: () => string
}

interface Running {
  readonly model: string
  readonly line: ClaimedLine
  readonly departure: Departure
  readonly over: Promise<void>
}

export class BatchRunner {
  readonly #deps: RunnerDeps
  /** In the order in which they began. */
  readonly #running = new Map<string, Running>()
  /** How many lines of a model may run, as its servers last said. */
  readonly #allowed = new Map<string, number>()
  readonly #pausedUntilMs = new Map<string, number>()
  #models: ReadonlySet<string> = new Set()
  #lookAgainMs = 0
  #renewedMs = 0
  #isLooking = false
  #isPoked = false
  #isStopped = false

  constructor(deps: RunnerDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#running.size
  }

  /** Whether it matters how busy a model's servers are. */
  readonly wants = (model: string): boolean => this.#models.has(model)

  /** Something changed: a batch began or ended. */
  poke(): void {
    this.#lookAgainMs = 0
    void this.#look()
  }

  /** Called every second, when it is known how busy servers are. */
  tick(): void {
    for (const model of this.#models) this.#measure(model)
    void this.#look()
  }

  /** Everything that runs is let go, to be asked by others. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const running = [...this.#running.values()]
    for (const { departure } of running) departure.leave()
    await Promise.all(running.map(({ over }) => over))
  }

  #measure(model: string): void {
    const running = this.#runningOf(model)
    const targets = this.#deps.gateway.routes.find(model)?.targets ?? []
    const allowed = linesAllowed({
      loads: targets.filter(isOurs).map(({ id }) => this.#deps.gateway.routes.ownLoad(id)),
      running: running.length,
      linesMax: BATCH_LINES_AT_ONCE,
    })
    this.#allowed.set(model, allowed)
    for (const { departure } of running.slice(allowed)) departure.leave()
  }

  #runningOf(model: string): readonly Running[] {
    return [...this.#running.values()].filter((each) => each.model === model)
  }

  async #look(): Promise<void> {
    this.#isPoked = true
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      while (this.#isPoked && !this.#isStopped) {
        this.#isPoked = false
        await this.#renew()
        await this.#take()
      }
    } catch (failure) {
      this.#deps.watch.onFailure('batch', failure)
    } finally {
      this.#isLooking = false
    }
  }

  /** What is not renewed is not ours any more: its batch is closing, or somebody thought us dead. */
  async #renew(): Promise<void> {
    const { database, now, nowMs } = this.#deps
    if (this.#running.size === 0 || nowMs() - this.#renewedMs < BATCH_RENEW_EVERY_MS) return
    this.#renewedMs = nowMs()
    const running = [...this.#running.values()]
    const claims = [...new Set(running.map(({ line }) => line.claim))]
    const renewed = await renewClaims(database, claims, untilOf(now()))
    for (const { line, departure } of running) if (!renewed.has(line.claim)) departure.leave()
  }

  async #take(): Promise<void> {
    const { database, nowMs } = this.#deps
    if (nowMs() < this.#lookAgainMs) return
    const batches = await listRunningBatches(database)
    this.#models = new Set(batches.flatMap(({ model }) => model ?? []))
    for (const model of this.#allowed.keys())
      if (!this.#models.has(model)) this.#allowed.delete(model)
    if (batches.length === 0) this.#lookAgainMs = nowMs() + BATCH_IDLE_LOOK_EVERY_MS
    for (const model of this.#models)
      await this.#fill(
        model,
        batches.filter((batch) => batch.model === model && !this.#isPaused(batch)),
      )
  }

  #isPaused({ id }: Batch): boolean {
    const untilMs = this.#pausedUntilMs.get(id) ?? 0
    if (untilMs > this.#deps.nowMs()) return true
    this.#pausedUntilMs.delete(id)
    return false
  }

  /** Batches share what room there is, so that a long one does not keep the others waiting. */
  async #fill(model: string, batches: readonly Batch[]): Promise<void> {
    const { database, now, newClaim } = this.#deps
    let room = (this.#allowed.get(model) ?? 0) - this.#runningOf(model).length
    for (const [index, batch] of batches.entries()) {
      const count = Math.ceil(room / (batches.length - index))
      if (count <= 0 || this.#isStopped) return
      const at = now()
      const wish = { count, claim: newClaim(), now: at, until: untilOf(at) }
      const lines = await claimLines(database, batch.id, wish)
      room -= lines.length
      for (const line of lines) this.#begin(model, batch, line)
    }
  }

  #begin(model: string, batch: Batch, line: ClaimedLine): void {
    const departure = new Departure()
    const name = `${line.batchId}/${line.number}`
    const over = this.#answer(batch, line, departure).finally(() => {
      this.#running.delete(name)
      departure.leave()
      void this.#look()
    })
    this.#running.set(name, { model, line, departure, over })
  }

  async #answer(batch: Batch, line: ClaimedLine, departure: Departure): Promise<void> {
    const { gateway } = this.#deps
    const work = { batch, line, departure, isSpare: (target: Target) => hasRoom(gateway, target) }
    const fate = await answerLine(this.#deps, work).catch((failure: unknown): LineFate => {
      this.#deps.watch.onFailure('batch', failure)
      return 'put_off'
    })
    if (fate === 'ended') return
    if (fate !== 'left') this.#pausedUntilMs.set(batch.id, this.#deps.nowMs() + BATCH_PAUSE_MS)
    // Where that fails, the claim runs out by itself.
    await releaseLine(this.#deps.database, line, { isFailure: fate === 'failed' }).catch(
      (failure: unknown) => this.#deps.watch.onFailure('batch', failure),
    )
  }
}

function isOurs({ kind }: Target): boolean {
  return kind === 'replica'
}

function hasRoom({ routes }: Gateway, { id }: Target): boolean {
  return isSpare(routes.ownLoad(id))
}

function untilOf(now: Date): Date {
  return new Date(now.getTime() + BATCH_CLAIM_MS)
}
