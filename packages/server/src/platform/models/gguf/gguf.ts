/** The GGUF v3 container: the words that writer and reader share. No I/O, and no knowledge of any model. */

/** The first four bytes, little-endian: `GGUF`. */
export const GGUF_MAGIC = 0x46554747
export const GGUF_VERSION = 3
/** Tensor contents start at multiples of this unless the file says otherwise. */
export const GGUF_ALIGNMENT = 32

/** Type codes of metadata values, as in the specification. */
export const VALUE_TYPE = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const

/** Bytes of one value of the fixed-size types, by type code. */
export const VALUE_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
}

/** Rounds up to a multiple of the alignment. */
export function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}
