/** Writes the binary form of protocol buffers: only what OTLP needs, field by field, in one growing buffer. Pure. */

const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5
const VARINT_BYTES_MAX = 10

export class ProtobufWriter {
  #buffer: Buffer
  #length = 0

  constructor(bytes = 4096) {
    this.#buffer = Buffer.allocUnsafe(bytes)
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** A whole number from 0 to 2^53. */
  varint(field: number, value: number): void {
    this.#tag(field, VARINT)
    this.#varint(value)
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32)
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32LE(value, this.#length)
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, FIXED64)
    this.#reserve(8)
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length)
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  text(field: number, value: string): void {
    this.#tag(field, LENGTH)
    const bytes = Buffer.byteLength(value)
    this.#varint(bytes)
    this.#reserve(bytes)
    this.#length += this.#buffer.write(value, this.#length)
  }

  /** Bytes that are written as hexadecimal digits. */
  hex(field: number, value: string): void {
    this.#tag(field, LENGTH)
    this.#varint(value.length / 2)
    this.#reserve(value.length / 2)
    this.#length += this.#buffer.write(value, this.#length, 'hex')
  }

  packedFixed64(field: number, values: readonly number[]): void {
    this.message(field, () => {
      this.#reserve(8 * values.length)
      for (const value of values)
        this.#length = this.#buffer.writeBigUInt64LE(BigInt(value), this.#length)
    })
  }

  packedDouble(field: number, values: readonly number[]): void {
    this.message(field, () => {
      this.#reserve(8 * values.length)
      for (const value of values) this.#length = this.#buffer.writeDoubleLE(value, this.#length)
    })
  }

  /** What is written meanwhile is the content of this field. */
  message(field: number, write: () => void): void {
    this.#tag(field, LENGTH)
    const start = this.#length
    this.#reserve(1)
    this.#length += 1
    write()
    this.#prefix(start)
  }

  /** Puts the length before what was written since; one byte was left for it. */
  #prefix(start: number): void {
    const bytes = this.#length - start - 1
    let more = 0
    for (let rest = bytes; rest >= 128; rest = Math.floor(rest / 128)) more += 1
    this.#reserve(more)
    if (more > 0) this.#buffer.copyWithin(start + 1 + more, start + 1, this.#length)
    const end = this.#length + more
    this.#length = start
    this.#varint(bytes)
    this.#length = end
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type)
  }

  #varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX)
    let rest = value
    while (rest >= 128) {
      this.#buffer[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#length++] = rest
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
