/** A file's lines as its chunks come, each with where it lies. Blank lines count but are not told. Pure state. */

export interface FileLine {
  /** From 1. */
  readonly number: number
  readonly offset: number
  readonly length: number
  /** Null: it is longer than any may be. */
  readonly bytes: Buffer | null
}

const LINE_FEED = 10
const MARK = Buffer.from([0xef, 0xbb, 0xbf])

export class FileLines {
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #length = 0
  #offset = 0
  #number = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  push(chunk: Buffer): FileLine[] {
    const lines: FileLine[] = []
    let from = 0
    for (;;) {
      const at = chunk.indexOf(LINE_FEED, from)
      this.#keep(chunk.subarray(from, at < 0 ? undefined : at))
      if (at < 0) return lines
      this.#end(lines)
      this.#offset += 1
      from = at + 1
    }
  }

  /** The last line needs no end. */
  end(): FileLine[] {
    const lines: FileLine[] = []
    if (this.#length > 0) this.#end(lines)
    return lines
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length
    if (this.#length <= this.#bytesMax) this.#pieces.push(piece)
    else this.#pieces = []
  }

  #end(lines: FileLine[]): void {
    this.#number += 1
    const line = this.#take()
    if (line.bytes === null || line.bytes.toString('latin1').trim() !== '') lines.push(line)
    this.#offset += this.#length
    this.#pieces = []
    this.#length = 0
  }

  #take(): FileLine {
    const [number, offset, length] = [this.#number, this.#offset, this.#length]
    if (length > this.#bytesMax) return { number, offset, length, bytes: null }
    const bytes = Buffer.concat(this.#pieces)
    if (number > 1 || !bytes.subarray(0, 3).equals(MARK)) return { number, offset, length, bytes }
    // Some editors begin a file with a mark that is no part of its text.
    return { number, offset: offset + 3, length: length - 3, bytes: bytes.subarray(3) }
  }
}
