/**
 * The journal of a simulated cluster: one line a happening, appended in one write and synced to disk before anybody is
 * told that it is done. Any number of engines, in any processes, write to and read from one file. A line that a crash
 * cut short was never acknowledged; the next one begins on a line of its own.
 */
import { constants, fdatasync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '#kernel/assert.ts'
import type { ClusterEvent } from './event.ts'

const PIECE_BYTES = 1 << 20

export class Journal {
  readonly #file: number
  #readBytes = 0
  #rest = Buffer.alloc(0)
  #syncing: Promise<void> | null = null
  #waiting: Promise<void> | null = null

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND
    this.#file = openSync(join(directory, 'journal.jsonl'), flags, 0o600)
  }

  /** Appends in one piece. It happened for every reader from now on; `sync` makes it survive a power cut. */
  append(event: ClusterEvent): void {
    const line = Buffer.from(`\n${JSON.stringify(event)}\n`)
    const written = writeSync(this.#file, line)
    assert(written === line.length, 'the journal of the simulated cluster was not written in full')
  }

  /** Resolves when all that was appended is on disk; those who ask meanwhile share one sync. */
  sync(): Promise<void> {
    if (this.#syncing === null) return this.#begin()
    this.#waiting ??= this.#syncing
      .catch(() => {})
      .then(() => {
        this.#waiting = null
        return this.#begin()
      })
    return this.#waiting
  }

  #begin(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      fdatasync(this.#file, (error) => (error === null ? resolve() : reject(error)))
    }).finally(() => {
      if (this.#syncing === done) this.#syncing = null
    })
    this.#syncing = done
    return done
  }

  /** The whole lines that were written since it was last asked. */
  readOn(): readonly ClusterEvent[] {
    const { size } = fstatSync(this.#file)
    const events: ClusterEvent[] = []
    while (this.#readBytes < size) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - this.#readBytes))
      const count = readSync(this.#file, piece, 0, piece.length, this.#readBytes)
      if (count === 0) break
      this.#readBytes += count
      this.#takeLines(Buffer.concat([this.#rest, piece.subarray(0, count)]), events)
    }
    return events
  }

  #takeLines(bytes: Buffer, events: ClusterEvent[]): void {
    const end = bytes.lastIndexOf(0x0a)
    this.#rest = Buffer.from(bytes.subarray(end + 1))
    if (end < 0) return
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      const event = line === '' ? null : parseLine(line)
      if (event !== null) events.push(event)
    }
  }

  /** Reads from the beginning again. */
  rewind(): void {
    this.#readBytes = 0
    this.#rest = Buffer.alloc(0)
  }
}

/** Null for what a crash cut short. The shape is ours: only we write this file. */
function parseLine(line: string): ClusterEvent | null {
  try {
    return JSON.parse(line) as ClusterEvent
  } catch {
    // Cut short before anybody was told of it, so it did not happen.
    return null
  }
}
