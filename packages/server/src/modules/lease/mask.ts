/**
 * Hides values in a stream of bytes: each occurrence becomes as many asterisks, so that no byte changes its place. What
 * may be the beginning of a value waits for what comes next. Pure.
 */

/** Shorter ones would blot out ordinary text. */
const BYTES_MIN = 4
const ASTERISK = 0x2a

export class Mask {
  readonly #values: readonly Buffer[]
  /** How far a value may reach back from where a reader begins. */
  readonly reachBytes: number
  /** What waits, as it came: another value may begin inside one that ended. */
  #held = Buffer.alloc(0)
  /** The same with what is known to be hidden covered. */
  #heldCovered = Buffer.alloc(0)

  constructor(values: readonly string[]) {
    this.#values = values
      .map((value) => Buffer.from(value))
      .filter((each) => each.length >= BYTES_MIN)
    this.reachBytes = Math.max(0, ...this.#values.map((value) => value.length - 1))
  }

  /** What can be told of the stream after these bytes. */
  push(bytes: Uint8Array): Buffer {
    const all = Buffer.concat([this.#held, bytes])
    const covered = Buffer.concat([this.#heldCovered, bytes])
    for (const value of this.#values)
      for (let at = all.indexOf(value); at >= 0; at = all.indexOf(value, at + 1))
        covered.fill(ASTERISK, at, at + value.length)
    const end = all.length - this.#openBytes(all)
    this.#held = Buffer.from(all.subarray(end))
    this.#heldCovered = Buffer.from(covered.subarray(end))
    return covered.subarray(0, end)
  }

  /** What was still waiting, once nothing comes any more. */
  end(): Buffer {
    const rest = this.#heldCovered
    this.#held = Buffer.alloc(0)
    this.#heldCovered = Buffer.alloc(0)
    return rest
  }

  /** The longest end of the bytes that is the beginning of a value. */
  #openBytes(all: Buffer): number {
    const longest = Math.min(this.reachBytes, all.length)
    for (let length = longest; length > 0; length--) {
      const end = all.subarray(all.length - length)
      if (
        this.#values.some((value) => value.length > length && value.subarray(0, length).equals(end))
      )
        return length
    }
    return 0
  }
}
