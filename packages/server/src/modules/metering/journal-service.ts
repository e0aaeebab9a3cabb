/**
 * The writer's side of the journal. A record is acknowledged when it is on the disk: records that wait together become
 * one frame, one write, one fdatasync. Nothing is ever dropped silently: what cannot be kept is refused.
 *
 * Whoever declares a writer dead first takes the name of its segment away (see segment-store.ts), then reads to the
 * end. So a writer acknowledges only what it wrote to a file that still had its name after the sync.
 */
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, present } from '#kernel/assert.ts'
import { encodeFrame } from './journal-frame.ts'
import {
  encodePayload,
  encodeRecord,
  type JournalRecord,
  type SegmentRecord,
} from './journal-record.ts'
import { fileName, isWriterName, parseFileName } from './journal-segment.ts'

export interface JournalOptions {
  readonly directory: string
  /** Names this process, once and for ever: letters, digits, `_` and `-`. */
  readonly writer: string
  readonly segmentBytesMax?: number
}

export interface Journal {
  /** Resolves once the record is on the disk; rejects when it could not be kept. */
  append(record: JournalRecord): Promise<void>
  /** What waits in memory for the disk. */
  backlogBytes(): number
  /** Writes what waits, and marks the journal as ended in good order. */
  close(): Promise<void>
}

/** Why a record was not kept. After `fenced` and `broken` nothing will be any more; after `refused` it may. */
export class JournalFailure extends Error {
  override readonly name = 'JournalFailure'
  readonly reason: 'refused' | 'fenced' | 'broken' | 'closed'

  constructor(reason: JournalFailure['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

interface Waiting {
  readonly line: string
  readonly kept: () => void
  readonly refuse: (failure: JournalFailure) => void
}

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024
/** One group is one frame; a reader takes whole frames. */
const GROUP_RECORDS_MAX = 500
const GROUP_BYTES_MAX = 4 * 1024 * 1024

/** Opens a new journal. A writer's name is used once: the next process takes another. */
export async function createJournal(options: JournalOptions): Promise<Journal> {
  const { directory, writer } = options
  assert(isWriterName(writer), `not a name of a writer: ${writer}`)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const files = await readdir(directory)
  if (files.some((name) => parseFileName(name)?.writer === writer))
    throw new JournalFailure('closed', `There is a journal of ${writer} already; take a new name.`)
  const journal = new JournalWriter(options)
  await journal.openSegment(1)
  return journal
}

class JournalWriter implements Journal {
  readonly #directory: string
  readonly #writer: string
  readonly #segmentBytesMax: number
  #number = 0
  #path = ''
  #handle: FileHandle | null = null
  /** Up to here the segment is whole and on the disk. */
  #bytes = 0
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #flushing: Promise<void> | null = null
  #failure: JournalFailure | null = null

  constructor({ directory, writer, segmentBytesMax }: JournalOptions) {
    this.#directory = directory
    this.#writer = writer
    this.#segmentBytesMax = segmentBytesMax ?? SEGMENT_BYTES_MAX
  }

  append(record: JournalRecord): Promise<void> {
    const line = encodeRecord(record)
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((kept, refuse) => {
      this.#waiting.push({ line, kept, refuse })
      this.#waitingBytes += line.length
      this.#flushing ??= this.#flush()
    })
  }

  backlogBytes(): number {
    return this.#waitingBytes
  }

  async close(): Promise<void> {
    if (this.#failure?.reason === 'closed') return
    await this.#flushing
    const failure = this.#failure
    this.#failure ??= new JournalFailure('closed', 'The journal is closed.')
    const handle = this.#handle
    this.#handle = null
    if (handle === null) return
    try {
      if (failure === null)
        await this.#write(handle, frameOf([{ kind: 'segment_end', isLast: true }]))
    } finally {
      await handle.close()
    }
  }

  /** Begins a segment; its name is on the disk before anything in it is acknowledged. */
  async openSegment(number: number): Promise<void> {
    const name = fileName({ writer: this.#writer, number, state: 'open' })
    this.#path = join(this.#directory, name)
    const handle = await this.#create()
    const folder = await open(this.#directory, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
    this.#handle = handle
    this.#number = number
    this.#bytes = 0
  }

  async #create(): Promise<FileHandle> {
    try {
      return await open(this.#path, 'wx', 0o600)
    } catch (error) {
      // Somebody who takes this journal over leaves a file where the next one would be.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw fenced(this.#writer)
      throw refused(error)
    }
  }

  /** Writes group after group until nothing waits. Everything that came during one write goes into the next. */
  async #flush(): Promise<void> {
    // Whatever else this turn of the event loop appends comes along.
    await new Promise((resolve) => void setImmediate(resolve))
    while (this.#waiting.length > 0) await this.#writeGroup(this.#takeGroup())
    this.#flushing = null
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0
    const isOver = this.#waiting.findIndex(({ line }, index) => {
      bytes += line.length
      return index > 0 && (index === GROUP_RECORDS_MAX || bytes > GROUP_BYTES_MAX)
    })
    const group = this.#waiting.splice(0, isOver < 0 ? this.#waiting.length : isOver)
    this.#waitingBytes -= group.reduce((sum, { line }) => sum + line.length, 0)
    return group
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const frame = encodeFrame(encodePayload(group.map(({ line }) => line)))
      if (this.#failure) throw this.#failure
      await this.#write(await this.#handleFor(frame), frame)
      for (const { kept } of group) kept()
    } catch (error) {
      const failure = error instanceof JournalFailure ? error : broken(error)
      if (failure.reason !== 'refused') this.#failure ??= failure
      for (const { refuse } of group) refuse(failure)
    }
  }

  /** Where the frame goes: a segment that would become too long is ended, and another begun. */
  async #handleFor(frame: Buffer): Promise<FileHandle> {
    const isFull = this.#bytes > 0 && this.#bytes + frame.length > this.#segmentBytesMax
    if (this.#handle !== null && isFull) {
      await this.#write(this.#handle, frameOf([{ kind: 'segment_end', isLast: false }]))
      await this.#handle.close()
      this.#handle = null
    }
    if (this.#handle === null) await this.openSegment(this.#number + 1)
    return present(this.#handle, 'the segment')
  }

  /** Appends a frame and syncs it. A write that fails is taken back, so that the next one follows good bytes. */
  async #write(handle: FileHandle, frame: Buffer): Promise<void> {
    try {
      for (let done = 0; done < frame.length;) {
        const { bytesWritten } = await handle.write(
          frame,
          done,
          frame.length - done,
          this.#bytes + done,
        )
        done += bytesWritten
      }
    } catch (error) {
      await handle.truncate(this.#bytes)
      throw new JournalFailure(
        'refused',
        `The journal cannot be written: ${describe(error)}.`,
        error,
      )
    }
    // After a failed sync nobody knows what is on the disk: that is not tried again.
    await handle.datasync()
    this.#bytes += frame.length
    if (!existsSync(this.#path))
      throw new JournalFailure(
        'fenced',
        `${this.#writer} was declared dead; its journal is taken over.`,
      )
  }
}

function frameOf(records: readonly SegmentRecord[]): Buffer {
  return encodeFrame(encodePayload(records.map(encodeRecord)))
}

function refused(cause: unknown): JournalFailure {
  return new JournalFailure('refused', `The journal cannot be written: ${describe(cause)}.`, cause)
}

function fenced(writer: string): JournalFailure {
  return new JournalFailure('fenced', `${writer} was declared dead; its journal is taken over.`)
}

function broken(cause: unknown): JournalFailure {
  return new JournalFailure('broken', `The journal is broken: ${describe(cause)}.`, cause)
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
