/**
 * The journal's framing. No I/O.
 *
 * A frame is: magic (4 bytes), payload length (4, little endian), CRC-32 of length and payload (4), payload. One frame
 * is one group of records that reached the disk together, and the next is written only after that. So a broken frame
 * with a good one behind it was once complete: that is corruption. A broken frame with nothing behind it is the torn
 * tail of a writer that died; nobody was ever told that it is kept.
 */
import { crc32 } from 'node:zlib'

/** Its first byte never occurs in UTF-8, so that no payload looks like a frame; the last one is the format's version. */
const MAGIC = Buffer.from([0xff, 0x53, 0x4a, 0x01])
const HEADER_BYTES = 12
const LENGTH_AT = 4
const CRC_AT = 8
/** No writer makes a larger one. */
export const PAYLOAD_BYTES_MAX = 16 * 1024 * 1024

export interface Frame {
  readonly payload: Buffer
  /** Where the next frame begins. */
  readonly end: number
}

/** What follows the last good frame. */
export type Rest =
  | { readonly kind: 'nothing' }
  /** The frame may go on beyond these bytes; it ends at `wanted`, if its header is whole and right. */
  | { readonly kind: 'short'; readonly at: number; readonly wanted: number }
  | { readonly kind: 'broken'; readonly at: number }

export function encodeFrame(payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  MAGIC.copy(frame)
  frame.writeUInt32LE(payload.length, LENGTH_AT)
  payload.copy(frame, HEADER_BYTES)
  frame.writeUInt32LE(checksum(frame, 0, payload.length), CRC_AT)
  return frame
}

/** The frames that lie whole and right from the start of these bytes on, and what comes after them. */
export function scanFrames(bytes: Buffer): {
  readonly frames: readonly Frame[]
  readonly rest: Rest
} {
  const frames: Frame[] = []
  for (let at = 0; ;) {
    const found = frameAt(bytes, at)
    if ('kind' in found) return { frames, rest: found }
    frames.push(found)
    at = found.end
  }
}

/** Whether a whole and right frame begins anywhere from `at` on. */
export function hasFrameFrom(bytes: Buffer, at: number): boolean {
  for (let next = bytes.indexOf(MAGIC, at); next >= 0; next = bytes.indexOf(MAGIC, next + 1))
    if (!('kind' in frameAt(bytes, next))) return true
  return false
}

function frameAt(bytes: Buffer, at: number): Frame | Rest {
  const left = bytes.length - at
  if (left === 0) return { kind: 'nothing' }
  const magic = bytes.subarray(at, at + MAGIC.length)
  if (!magic.equals(MAGIC.subarray(0, magic.length))) return { kind: 'broken', at }
  if (left < HEADER_BYTES) return { kind: 'short', at, wanted: at + HEADER_BYTES }
  const length = bytes.readUInt32LE(at + LENGTH_AT)
  if (length === 0 || length > PAYLOAD_BYTES_MAX) return { kind: 'broken', at }
  const end = at + HEADER_BYTES + length
  if (end > bytes.length) return { kind: 'short', at, wanted: end }
  if (bytes.readUInt32LE(at + CRC_AT) !== checksum(bytes, at, length)) return { kind: 'broken', at }
  return { payload: bytes.subarray(at + HEADER_BYTES, end), end }
}

function checksum(bytes: Buffer, at: number, length: number): number {
  const ofLength = crc32(bytes.subarray(at + LENGTH_AT, at + CRC_AT))
  return crc32(bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length), ofLength)
}
