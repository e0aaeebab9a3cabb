/**
 * Reads one writer's journal in order, in batches of whole frames, and tells a tail that is still being written, or
 * was torn when the writer died, from corruption. It decides nothing about what the records mean.
 */
import { assert } from '#kernel/assert.ts'
import { hasFrameFrom, scanFrames, type Rest } from './journal-frame.ts'
import {
  decodePayload,
  type JournalRecord,
  type SegmentEnd,
  type SegmentRecord,
} from './journal-record.ts'
import { fileName, isBefore, type Position } from './journal-segment.ts'
import { listSegments, readSegment, segmentBytes } from './segment-store.ts'

/** Consecutive records of one segment. */
export interface Batch {
  readonly records: readonly JournalRecord[]
  readonly segment: number
  /** Where the next batch begins. */
  readonly end: Position
  /** More was there to be read. */
  readonly isFull: boolean
}

export type Reading =
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** Nothing whole is left. `tornBytes` are there that are no frame, or not yet. */
  | { readonly kind: 'end_for_now'; readonly tornBytes: number }
  /** The writer ended in good order; nothing will follow. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'corrupt'; readonly text: string }

interface ReadFrame {
  readonly payload: Buffer
  readonly end: Position
}

interface DecodedFrame {
  readonly records: readonly SegmentRecord[]
  readonly end: Position
}

/** The more records, the fewer organizations in each of the transactions that they become. */
const BATCH_RECORDS_MAX = 16_000
const CHUNK_BYTES = 8 * 1024 * 1024

export class JournalReader {
  readonly #directory: string
  readonly #writer: string
  /** Where the next bytes are read. */
  #next: Position
  /** Read, and not yet handed out. */
  #frames: ReadFrame[] = []
  #decoded: DecodedFrame | null = null
  #hasEnded = false

  constructor(options: {
    readonly directory: string
    readonly writer: string
    readonly from: Position
  }) {
    this.#directory = options.directory
    this.#writer = options.writer
    this.#next = options.from
  }

  /** The next batch; with `until`, where a frame ends, none of it lies behind that position. */
  async read(until?: Position): Promise<Reading> {
    if (this.#hasEnded) return { kind: 'ended' }
    if (this.#frames.length === 0 && this.#decoded === null) {
      const nothing = await this.#fill()
      if (nothing !== null) return nothing
    }
    try {
      return { kind: 'batch', batch: this.#takeBatch(until) }
    } catch (error) {
      return this.#corrupt(`holds a record that no writer makes: ${String(error)}`)
    }
  }

  #takeBatch(until: Position | undefined): Batch {
    const records: JournalRecord[] = []
    const segment = (this.#decoded ?? this.#frames[0])?.end.segment ?? this.#next.segment
    let end: Position = { segment, byteOffset: 0 }
    const isDue = () => until === undefined || isBefore(end, until)
    while (isDue()) {
      const frame = this.#decodeNext()
      if (frame === null) break
      if (records.length > 0 && records.length + frame.records.length > BATCH_RECORDS_MAX) {
        this.#decoded = frame
        break
      }
      end = frame.end
      records.push(...frame.records.filter((record) => record.kind !== 'segment_end'))
      const last = frame.records.at(-1)
      if (last?.kind !== 'segment_end') continue
      end = this.#endSegment(last, frame.end)
      break
    }
    assert(until === undefined || !isBefore(until, end), 'a posted position is where a frame ends')
    return { records, segment, end, isFull: this.#frames.length > 0 || this.#decoded !== null }
  }

  #endSegment({ isLast }: SegmentEnd, end: Position): Position {
    if (isLast) this.#hasEnded = true
    else this.#next = { segment: end.segment + 1, byteOffset: 0 }
    return isLast ? end : this.#next
  }

  #decodeNext(): DecodedFrame | null {
    const decoded = this.#decoded
    this.#decoded = null
    if (decoded !== null) return decoded
    const frame = this.#frames.shift()
    return frame === undefined ? null : { records: decodePayload(frame.payload), end: frame.end }
  }

  /** Reads on. Null when there are frames now. */
  async #fill(): Promise<Reading | null> {
    const bytes = await this.#readChunk()
    if (this.#addFrames(bytes)) return null
    const contradiction = await this.#findContradiction(bytes)
    if (contradiction === null) return endForNow(bytes)
    // The writer may have gone on between the two looks, so it is looked at again before anything is called corrupt.
    const again = await this.#readChunk()
    if (this.#addFrames(again)) return null
    if (contradiction === 'frame_behind' && !(await this.#hasFrameBehind(again)))
      return endForNow(again)
    return this.#corrupt(again === null ? 'is missing' : 'is broken, and records follow')
  }

  /** What shows that this is not the end: something that the writer only writes after what should be here. */
  async #findContradiction(bytes: Buffer | null): Promise<'later_segment' | 'frame_behind' | null> {
    for (const segment of (await listSegments(this.#directory)).get(this.#writer) ?? []) {
      // An empty one was left by whoever took the journal over.
      const isLater = segment.number > this.#next.segment
      if (isLater && ((await segmentBytes(this.#directory, segment)) ?? 0) > 0)
        return 'later_segment'
    }
    return (await this.#hasFrameBehind(bytes)) ? 'frame_behind' : null
  }

  #addFrames(bytes: Buffer | null): boolean {
    if (bytes === null) return false
    const { segment, byteOffset } = this.#next
    const { frames } = scanFrames(bytes)
    this.#frames = frames.map(({ payload, end }) => ({
      payload,
      end: { segment, byteOffset: byteOffset + end },
    }))
    this.#next = this.#frames.at(-1)?.end ?? this.#next
    return frames.length > 0
  }

  /** Enough bytes for at least one frame, if there are as many. */
  async #readChunk(): Promise<Buffer | null> {
    const bytes = await this.#readBytes(CHUNK_BYTES)
    if (bytes === null || bytes.length < CHUNK_BYTES) return bytes
    const { frames, rest } = scanFrames(bytes)
    if (frames.length > 0 || rest.kind !== 'short') return bytes
    return this.#readBytes(wantedOf(rest))
  }

  /** Whether a whole frame lies somewhere behind what is no frame. This is the exception, so all of it may be read. */
  async #hasFrameBehind(bytes: Buffer | null): Promise<boolean> {
    if (bytes === null) return false
    const rest = bytes.length < CHUNK_BYTES ? bytes : await this.#readBytes(Infinity)
    return rest !== null && hasFrameFrom(rest, 1)
  }

  #readBytes(bytesMax: number): Promise<Buffer | null> {
    const { segment, byteOffset } = this.#next
    const file = { writer: this.#writer, number: segment }
    return readSegment(this.#directory, file, { byteOffset, bytesMax })
  }

  #corrupt(what: string): Reading {
    const { segment, byteOffset } = this.#next
    const name = fileName({ writer: this.#writer, number: segment, state: 'open' })
    return { kind: 'corrupt', text: `${name} ${what} (at byte ${byteOffset})` }
  }
}

function endForNow(bytes: Buffer | null): Reading {
  return { kind: 'end_for_now', tornBytes: bytes?.length ?? 0 }
}

function wantedOf(rest: Rest): number {
  return rest.kind === 'short' ? rest.wanted : CHUNK_BYTES
}
