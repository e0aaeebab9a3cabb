/**
 * Posts one writer's journal step by step: batch after batch while the writer lives, and when it is gone what its
 * unfinished requests used; then its holds are released and its files deleted.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { isRetryable } from '#platform/db/database-failure.ts'
import { isUnavailable } from '#platform/db/database.ts'
import type { Batch } from './journal-reader-service.ts'
import { JOURNAL_START, type Position } from './journal-segment.ts'
import {
  deleteDone,
  openTrack,
  readAhead,
  takeReading,
  type Track,
} from './journal-track-service.ts'
import { deleteSegment, fenceWriter, listSegments, segmentBytes } from './segment-store.ts'
import type { PostedUsage } from './service.ts'
import type { ShipperReport, StopReason } from './shipper-report.ts'
import {
  closeWriter,
  PositionMoved,
  postBatch,
  type PostingDeps,
} from './writer-posting-service.ts'

export interface LaneDeps extends PostingDeps {
  readonly directory: string
  readonly isWriterAlive: (writer: string) => boolean | Promise<boolean>
  readonly report: (report: ShipperReport) => void
  readonly onPosted: (posted: PostedUsage) => void
}

/** `busy`: more is there. `idle`: nothing is, for now. */
export type StepOutcome = 'busy' | 'posted' | 'idle' | 'stopped' | 'closed'

const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 2_000
/** Until there is a mean. */
const BYTES_PER_EVENT = 400

export class WriterLane {
  readonly writer: string
  readonly #deps: LaneDeps
  #track: Track | null = null
  #end: 'stopped' | 'closed' | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #seen = { events: 0, bytes: 0 }

  constructor(writer: string, deps: LaneDeps) {
    this.writer = writer
    this.#deps = deps
  }

  /** Everything before it needs nothing more. */
  get done(): Position {
    return this.#track?.done ?? JOURNAL_START
  }

  get bytesPerEvent(): number {
    return this.#seen.events === 0 ? BYTES_PER_EVENT : this.#seen.bytes / this.#seen.events
  }

  /** Does the next thing there is to do. Steps of one lane run one after the other. */
  step(signal: AbortSignal): Promise<StepOutcome> {
    const next = this.#turn.then(() => this.#step(signal))
    this.#turn = next.catch(() => undefined)
    return next
  }

  async #step(signal: AbortSignal): Promise<StepOutcome> {
    if (this.#end !== null) return this.#end
    try {
      const track = this.#track ?? (await this.#open(signal))
      return track === null ? (this.#end ?? 'idle') : await this.#advance(track, signal)
    } catch (error) {
      // Whatever was read and not posted is read again.
      this.#track = null
      if (signal.aborted) return 'idle'
      if (error instanceof PositionMoved) return 'busy'
      return this.#stop('refused', `it holds what cannot be posted (${String(error)})`, error)
    }
  }

  async #open(signal: AbortSignal): Promise<Track | null> {
    const { database, directory } = this.#deps
    const opening = await this.#retrying(signal, () =>
      openTrack({ database, directory, writer: this.writer }),
    )
    if (opening.kind === 'open') this.#track = opening.track
    if (opening.kind === 'closed') await this.#deleteAll(opening.at)
    if (opening.kind === 'corrupt') this.#stop('corrupt', opening.text)
    return this.#track
  }

  async #advance(track: Track, signal: AbortSignal): Promise<StepOutcome> {
    const reading = await this.#retrying(signal, () => takeReading(track))
    switch (reading.kind) {
      case 'corrupt':
        return this.#stop('corrupt', reading.text)
      case 'ended':
        return this.#finish(track, signal)
      case 'end_for_now':
        return this.#atEnd(track, reading.tornBytes, signal)
      case 'batch':
        if (reading.batch.isFull) readAhead(track)
        await this.#post(track, reading.batch, signal)
        return reading.batch.isFull ? 'busy' : 'posted'
    }
  }

  async #post(track: Track, batch: Batch, signal: AbortSignal): Promise<void> {
    const { onPosted, directory } = this.#deps
    const place = { writer: this.writer, from: track.posted }
    const posted = await this.#retrying(signal, () => postBatch(this.#deps, batch, place))
    this.#seen.bytes += Math.max(0, batch.end.byteOffset - track.done.byteOffset)
    track.progress.note(batch.records, batch.segment)
    track.done = batch.end
    if (posted !== null) {
      track.posted = batch.end
      this.#seen.events += posted.posted + posted.duplicates
      if (posted.conflicts > 0)
        this.#report({ kind: 'conflicts', writer: this.writer, count: posted.conflicts })
      onPosted(posted)
    }
    await deleteDone(track, { directory, writer: this.writer })
  }

  /** Nothing whole is left. A live writer will go on; of a dead one this is all. */
  async #atEnd(track: Track, tornBytes: number, signal: AbortSignal): Promise<StepOutcome> {
    if (!track.isFenced) {
      if (await this.#deps.isWriterAlive(this.writer)) return 'idle'
      await fenceWriter(this.#deps.directory, this.writer)
      track.isFenced = true
      // What it wrote until now is still read.
      return 'busy'
    }
    if (tornBytes > 0) this.#report({ kind: 'torn_tail', writer: this.writer, bytes: tornBytes })
    return this.#finish(track, signal)
  }

  /** The writer is gone and its journal is read to the end. */
  async #finish(track: Track, signal: AbortSignal): Promise<StepOutcome> {
    const unfinished = track.progress.events()
    const to = await this.#endOfFiles(track.done)
    const place = { writer: this.writer, from: track.posted, to }
    const holdsReleased = await this.#retrying(signal, () =>
      closeWriter(this.#deps, unfinished, place),
    )
    const unfinishedEvents = unfinished.length
    this.#report({ kind: 'writer_closed', writer: this.writer, unfinishedEvents, holdsReleased })
    return this.#deleteAll(to)
  }

  /** The end of the last file, with what was torn: it tells later whether anything was added. */
  async #endOfFiles(otherwise: Position): Promise<Position> {
    const { directory } = this.#deps
    const last = (await listSegments(directory)).get(this.writer)?.at(-1)
    if (last === undefined) return otherwise
    return { segment: last.number, byteOffset: (await segmentBytes(directory, last)) ?? 0 }
  }

  /** Deletes a closed writer's files, unless they are not the ones that were closed. */
  async #deleteAll(closed: Position): Promise<StepOutcome> {
    const { directory } = this.#deps
    const segments = (await listSegments(directory)).get(this.writer) ?? []
    const { segment: number, byteOffset } = await this.#endOfFiles(closed)
    if (number !== closed.segment || byteOffset !== closed.byteOffset)
      return this.#stop('name_reused', 'another journal has the name of a closed one')
    for (const segment of segments) await deleteSegment(directory, segment)
    this.#end = 'closed'
    return 'closed'
  }

  #stop(reason: StopReason, text: string, cause?: unknown): 'stopped' {
    this.#end = 'stopped'
    this.#report({ kind: 'writer_stopped', writer: this.writer, reason, text, cause })
    return 'stopped'
  }

  #report(report: ShipperReport): void {
    this.#deps.report(report)
  }

  /** Tries until it works, unless it never can. The journal keeps everything meanwhile. */
  async #retrying<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (cause) {
        if (!isPassing(cause)) throw cause
        const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempt - 1, 10))
        this.#report({ kind: 'retrying', writer: this.writer, attempt, delayMs, cause })
        await pause(delayMs, undefined, { signal })
      }
    }
  }
}

/** Whether it may work later: the database or the disk does not answer as it should. */
function isPassing(error: unknown): boolean {
  if (isUnavailable(error) || isRetryable(error)) return true
  return error instanceof Error && 'syscall' in error
}
