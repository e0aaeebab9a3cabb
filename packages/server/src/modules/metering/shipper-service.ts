/**
 * Ships the journals of all gateways into the database: finds the writers, gives each a lane, and lets the lanes run
 * at their own pace. One shipper runs at a time; a second one does no harm, because positions move only from where
 * the mover believed them to be, and events are posted once.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { IdSource } from '#kernel/ids.ts'
import type { Database } from '#platform/db/database.ts'
import type { Segment } from './journal-segment.ts'
import { listSegments, segmentBytes } from './segment-store.ts'
import type { PostedUsage } from './service.ts'
import { describeReport, severityOf, type ShipperReport } from './shipper-report.ts'
import { WriterLane, type LaneDeps, type StepOutcome } from './writer-lane-service.ts'
import type { SetAside } from './writer-posting-service.ts'

export interface ShipperDeps {
  readonly database: Database
  /** Where the gateways' journals are. */
  readonly directory: string
  /** Tells a gateway that lives from one that is gone; a gateway counts as living before it opens its journal. */
  readonly isWriterAlive: (writer: string) => boolean | Promise<boolean>
  readonly now: () => Date
  readonly ids: IdSource
  readonly log: ShipperLog
  readonly aside?: SetAside
  /** After each commit. */
  readonly onPosted?: (posted: PostedUsage) => void
  /** Everything that is logged, as data. */
  readonly onReport?: (report: ShipperReport) => void
}

export interface ShipperLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface Shipper {
  /** Begins, or begins again after `stop`. */
  start(): void
  /** Posts everything that is in the journals now, and closes writers that are gone. */
  drain(): Promise<void>
  /** Ends after the transaction that runs. */
  stop(): Promise<void>
  /** How many events wait in the journals: estimated from their bytes, zero only when none waits. */
  backlogEvents(): number
  /** Writers whose journals are not posted any further until somebody has looked. */
  stoppedWriters(): readonly string[]
}

/** Postings at a time: enough to keep the database busy while another reads. */
const PLACES = 2
const SCAN_EVERY_MS = 100
/** A batch that is not full waits this long for more to come along. */
const GATHER_MS = 20
const LOOK_EVERY_MS = 20
/** After a second without anything to post. */
const LOOK_SELDOM_MS = 100
const SELDOM_AFTER_LOOKS = 50

export function createShipper(deps: ShipperDeps): Shipper {
  return new JournalShipper(deps)
}

class JournalShipper implements Shipper {
  readonly #deps: ShipperDeps
  readonly #laneDeps: LaneDeps
  readonly #lanes = new Map<string, WriterLane>()
  readonly #stopped = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  #abort = new AbortController()
  #isRunning = false
  #backlog = 0

  constructor(deps: ShipperDeps) {
    this.#deps = deps
    this.#laneDeps = {
      ...deps,
      onPosted: deps.onPosted ?? (() => undefined),
      report: (report) => this.#report(report),
      inTurn: makeTurnstile(PLACES),
    }
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#abort = new AbortController()
    this.#lanes.clear()
    this.#stopped.clear()
    this.#keep(this.#scanAgain(this.#abort.signal))
  }

  async drain(): Promise<void> {
    const { signal } = this.#abort
    for (let isMoving = true; isMoving && !signal.aborted;) {
      await this.#scan()
      const lanes = [...this.#lanes.values()]
      const outcomes = await Promise.all(lanes.map((lane) => this.#drainLane(lane, signal)))
      isMoving = outcomes.includes(true)
    }
    await this.#scan()
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    this.#abort.abort()
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  backlogEvents(): number {
    return this.#backlog
  }

  stoppedWriters(): readonly string[] {
    return [...this.#stopped]
  }

  /** True when anything was done. */
  async #drainLane(lane: WriterLane, signal: AbortSignal): Promise<boolean> {
    for (let steps = 0; ; steps++) {
      const outcome = await lane.step(signal)
      if (outcome === 'closed') this.#lanes.delete(lane.writer)
      if (outcome !== 'busy' && outcome !== 'posted') return steps > 0
    }
  }

  async #scanAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const lane of await this.#scan()) this.#keep(this.#runLane(lane, signal))
      } catch (error) {
        this.#deps.log.error({ err: error }, 'the journals cannot be listed; trying again')
      }
      await rest(SCAN_EVERY_MS, signal)
    }
  }

  async #runLane(lane: WriterLane, signal: AbortSignal): Promise<void> {
    for (let looks = 0; !signal.aborted;) {
      const outcome = await lane.step(signal)
      if (outcome === 'closed') this.#lanes.delete(lane.writer)
      if (outcome === 'closed' || outcome === 'stopped') return
      looks = outcome === 'idle' ? looks + 1 : 0
      await rest(restMs(outcome, looks), signal)
    }
  }

  /** Finds writers that have no lane yet, and measures what waits. */
  async #scan(): Promise<readonly WriterLane[]> {
    const found: WriterLane[] = []
    let backlog = 0
    for (const [writer, segments] of await listSegments(this.#deps.directory)) {
      const lane = this.#lanes.get(writer) ?? new WriterLane(writer, this.#laneDeps)
      if (!this.#lanes.has(writer)) found.push(lane)
      this.#lanes.set(writer, lane)
      backlog += Math.ceil((await this.#waitingBytes(lane, segments)) / lane.bytesPerEvent)
    }
    this.#backlog = backlog
    return found
  }

  async #waitingBytes(lane: WriterLane, segments: readonly Segment[]): Promise<number> {
    const { segment, byteOffset } = lane.done
    const waiting = segments.filter(({ number }) => number >= segment)
    const sizes = await Promise.all(waiting.map((each) => segmentBytes(this.#deps.directory, each)))
    return Math.max(0, sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) - byteOffset)
  }

  #keep(work: Promise<void>): void {
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  #report(report: ShipperReport): void {
    if (report.kind === 'writer_stopped') this.#stopped.add(report.writer)
    const { kind, ...fields } = report
    this.#deps.log[severityOf(report)]({ report: kind, ...fields }, describeReport(report))
    this.#deps.onReport?.(report)
  }
}

function restMs(outcome: StepOutcome, looks: number): number {
  if (outcome === 'busy') return 0
  if (outcome === 'posted') return GATHER_MS
  return looks > SELDOM_AFTER_LOOKS ? LOOK_SELDOM_MS : LOOK_EVERY_MS
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return
  // The end of the shipper ends the rest; that is what the signal is for.
  await pause(ms, undefined, { signal }).catch(() => undefined)
}

/** Lets so many pieces of work run at a time, in the order in which they came. */
function makeTurnstile(places: number): LaneDeps['inTurn'] {
  let free = places
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((enter) => waiting.push(enter))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
