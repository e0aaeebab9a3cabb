/**
 * Appends lines to a file in the background. A disk that takes none ends nothing and holds nothing up, not even the
 * end of the process: lines wait, up to a bound, and are written when there is room. Several processes may share a file.
 */
import { closeSync, openSync, renameSync, statSync, write, writeSync } from 'node:fs'

/** What is kept while the disk takes nothing; what comes on top is left out. */
const WAITING_BYTES_MAX = 1024 * 1024
const RETRY_MS = 1000

const LARGE_BYTES = 8 * 1024 * 1024

/** Renames a log that has grown large, for whoever opens it first: others would go on writing to the old one. */
export function setAsideLarge(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGE_BYTES)
    renameSync(path, `${path}.old`)
}

export interface LogFile {
  readonly write: (line: string) => void
  /** Writes what waits, if the disk takes it. */
  readonly close: () => void
}

class Appender implements LogFile {
  readonly #descriptor: number
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #isWriting = false
  #retry: NodeJS.Timeout | null = null

  constructor(path: string) {
    this.#descriptor = openSync(path, 'a', 0o600)
  }

  write = (line: string): void => {
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) return
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#writeNext()
  }

  close = (): void => {
    if (this.#retry) clearTimeout(this.#retry)
    try {
      if (this.#waitingBytes > 0 && !this.#isWriting) writeSync(this.#descriptor, this.#joined())
    } catch {
      // The disk is full still; the terminal was told everything that matters.
    }
    closeSync(this.#descriptor)
  }

  #joined(): Buffer {
    return Buffer.concat(this.#waiting)
  }

  #writeNext(): void {
    if (this.#isWriting || this.#retry || this.#waitingBytes === 0) return
    this.#isWriting = true
    const bytes = this.#joined()
    this.#waiting = [bytes]
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      this.#isWriting = false
      this.#waiting[0] = bytes.subarray(written)
      this.#waitingBytes -= written
      if (error === null) return this.#writeNext()
      this.#retry = setTimeout(() => {
        this.#retry = null
        this.#writeNext()
      }, RETRY_MS).unref()
    })
  }
}

/** Makes the file when it is missing. Throws when it cannot be opened. */
export function openLogFile(path: string): LogFile {
  return new Appender(path)
}
