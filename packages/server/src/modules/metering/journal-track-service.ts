/** Where the posting of one writer's journal stands, found again after a restart from the database and the files. */
import type { Db } from '#platform/db/database.ts'
import { JournalReader, type Reading } from './journal-reader-service.ts'
import { isBefore, JOURNAL_START, type Position } from './journal-segment.ts'
import { OpenProgress } from './open-progress.ts'
import { findPosition, type PostedPosition } from './position-store.ts'
import { deleteSegment, listSegments } from './segment-store.ts'

/** A journal being posted. */
export interface Track {
  readonly reader: JournalReader
  /** What requests that have not ended used so far, in everything before `done`. */
  readonly progress: OpenProgress
  /** In the database; null when nothing is there yet. */
  posted: Position | null
  /** Everything before it is posted, or needs no posting. */
  done: Position
  /** The next batch, being read while the one before is posted. */
  ahead: Promise<Reading> | null
  /** The oldest of the segments that are kept. */
  oldestSegment: number
  /** Taken over from the writer: nothing that it still writes is acknowledged. */
  isFenced: boolean
}

export type Opening =
  | { readonly kind: 'open'; readonly track: Track }
  | { readonly kind: 'closed'; readonly at: PostedPosition }
  | { readonly kind: 'corrupt'; readonly text: string }

export interface TrackSource {
  readonly database: Db
  readonly directory: string
  readonly writer: string
}

export async function openTrack({ database, directory, writer }: TrackSource): Promise<Opening> {
  const posted = await findPosition(database, writer)
  if (posted?.isClosed) return { kind: 'closed', at: posted }
  const segments = (await listSegments(directory)).get(writer) ?? []
  const oldestSegment = segments[0]?.number ?? JOURNAL_START.segment
  const done = posted ?? JOURNAL_START
  const isKept = posted !== null && oldestSegment <= posted.segment
  const from = isKept ? { segment: oldestSegment, byteOffset: 0 } : done
  const reader = new JournalReader({ directory, writer, from })
  const progress = new OpenProgress()
  const failure = isKept ? await catchUp(reader, progress, done) : null
  if (failure !== null) return { kind: 'corrupt', text: failure }
  const isFenced = segments.some(({ state }) => state === 'fenced')
  return {
    kind: 'open',
    track: { reader, progress, posted, done, ahead: null, oldestSegment, isFenced },
  }
}

/** Reads again what is posted already, for the progress in it. Returns what is wrong with it. */
async function catchUp(
  reader: JournalReader,
  progress: OpenProgress,
  until: Position,
): Promise<string | null> {
  for (let at: Position | null = null; at === null || isBefore(at, until);) {
    const reading = await reader.read(until)
    if (reading.kind === 'corrupt') return reading.text
    // A journal whose end was lost with the machine, before it was synced, is shorter than what was posted of it.
    if (reading.kind !== 'batch') return null
    progress.note(reading.batch.records, reading.batch.segment)
    at = reading.batch.end
  }
  return null
}

/** The next thing in the journal. After a failure it can be asked for again. */
export function takeReading(track: Track): Promise<Reading> {
  const { ahead } = track
  track.ahead = null
  return ahead ?? track.reader.read()
}

/** Begins to read the next thing while the database works. */
export function readAhead(track: Track): void {
  track.ahead = track.reader.read()
  // Seen by whoever takes it; until then the failure is nobody's.
  track.ahead.catch(() => undefined)
}

/** Deletes segments from which nothing is needed any more, the oldest first and without gaps. */
export async function deleteDone(
  track: Track,
  { directory, writer }: Omit<TrackSource, 'database'>,
): Promise<void> {
  const posted = track.posted?.segment ?? JOURNAL_START.segment
  const keptFrom = Math.min(posted, track.progress.oldestSegment() ?? posted)
  for (; track.oldestSegment < keptFrom; track.oldestSegment++)
    for (const state of ['open', 'fenced'] as const)
      await deleteSegment(directory, { writer, number: track.oldestSegment, state })
}
