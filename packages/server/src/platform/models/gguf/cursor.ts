/** Reads little-endian values from the beginning of a file. It throws `ShortOfBytes` at the end of what was read so far. */
import { VALUE_BYTES, VALUE_TYPE } from './gguf.ts'

/** There are more bytes in the file than were given; not an error, the reader comes back with more. */
export class ShortOfBytes extends Error {
  override readonly name = 'ShortOfBytes'
}

/** The bytes cannot be what they claim to be. The message is a sentence. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

const STRING_BYTES_MAX = 64 * 1024 * 1024
const ARRAY_ITEMS_MAX = 16 * 1024 * 1024
const ARRAY_DEPTH_MAX = 4

export class Cursor {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get offset(): number {
    return this.#offset
  }

  #take(count: number): number {
    const start = this.#offset
    if (start + count > this.#bytes.length) throw new ShortOfBytes()
    this.#offset += count
    return start
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  /** A 64-bit count, which must be one that a computer can have. */
  uint64(): number {
    const value = this.#bytes.readBigUInt64LE(this.#take(8))
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Malformed(`A count of ${value} is absurd.`)
    return Number(value)
  }

  string(): string {
    const length = this.uint64()
    if (length > STRING_BYTES_MAX) throw new Malformed(`A text of ${length} bytes is absurd.`)
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** A whole number, a string or a bool of the given type; null for values that nobody here asks for. */
  value(type: number): number | string | boolean | null {
    switch (type) {
      case VALUE_TYPE.string:
        return this.string()
      case VALUE_TYPE.uint16:
        return this.#bytes.readUInt16LE(this.#take(2))
      case VALUE_TYPE.uint32:
        return this.uint32()
      case VALUE_TYPE.int32:
        return this.#bytes.readInt32LE(this.#take(4))
      case VALUE_TYPE.uint64:
      case VALUE_TYPE.int64:
        return this.uint64()
      case VALUE_TYPE.bool:
        return this.#bytes.readUInt8(this.#take(1)) !== 0
      case VALUE_TYPE.array:
        this.#skipArray(1)
        return null
      default:
        this.#take(fixedBytes(type))
        return null
    }
  }

  #skipArray(depth: number): void {
    const type = this.uint32()
    const count = this.uint64()
    if (count > ARRAY_ITEMS_MAX) throw new Malformed(`A list of ${count} items is absurd.`)
    if (depth > ARRAY_DEPTH_MAX) throw new Malformed('Lists are nested too deeply.')
    if (type === VALUE_TYPE.string)
      for (let item = 0; item < count; item++) this.#take(this.uint64())
    else if (type === VALUE_TYPE.array)
      for (let item = 0; item < count; item++) this.#skipArray(depth + 1)
    else this.#take(count * fixedBytes(type))
  }
}

function fixedBytes(type: number): number {
  const bytes = VALUE_BYTES[type]
  if (bytes === undefined) throw new Malformed(`There is no metadata of type ${type}.`)
  return bytes
}
