/**
 * What goes over an upgraded connection to an interactive lease: frames of one byte of kind, four of length (big-endian)
 * and a body. Pure, and of no package, because a small program inside the lease speaks it too.
 */

/** The name of the protocol in the header `Upgrade`. */
export const TERMINAL_PROTOCOL = 'spillway-terminal'

const BODY_BYTES_MAX = 65_536
const HEAD_BYTES = 5

export type TerminalFrame =
  /** From the person: what was typed. */
  | { readonly kind: 'input'; readonly bytes: Uint8Array }
  /** From the person: how large the window is. */
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** First of all that comes from the lease: how many bytes of output stand before the next one. */
  | { readonly kind: 'begin'; readonly offset: number }
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  /** A line for the person that is no output of the command. */
  | { readonly kind: 'notice'; readonly text: string }
  /** Last of all: the command has ended. */
  | { readonly kind: 'exit'; readonly code: number }

const KINDS = ['input', 'resize', 'begin', 'output', 'notice', 'exit'] as const

/** The bytes of a frame, or of several where what it carries is long. */
export function encodeTerminalFrame(frame: TerminalFrame): Uint8Array {
  const body = bodyOf(frame)
  const pieces: Uint8Array[] = []
  for (let at = 0; at === 0 || at < body.length; at += BODY_BYTES_MAX)
    pieces.push(encodePiece(KINDS.indexOf(frame.kind), body.subarray(at, at + BODY_BYTES_MAX)))
  return joined(pieces)
}

function encodePiece(kind: number, body: Uint8Array): Uint8Array {
  const piece = new Uint8Array(HEAD_BYTES + body.length)
  const view = new DataView(piece.buffer)
  view.setUint8(0, kind)
  view.setUint32(1, body.length)
  piece.set(body, HEAD_BYTES)
  return piece
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function bodyOf(frame: TerminalFrame): Uint8Array {
  if (frame.kind === 'input' || frame.kind === 'output') return frame.bytes
  if (frame.kind === 'notice')
    return new TextEncoder().encode(frame.text).subarray(0, BODY_BYTES_MAX)
  const body = new Uint8Array(frame.kind === 'begin' ? 8 : 4)
  const view = new DataView(body.buffer)
  if (frame.kind === 'begin') view.setBigUint64(0, BigInt(frame.offset))
  else if (frame.kind === 'exit') view.setInt32(0, frame.code)
  else {
    view.setUint16(0, frame.columns)
    view.setUint16(2, frame.rows)
  }
  return body
}

/** Takes bytes as they come and gives the frames that are whole. Throws at what cannot be a frame. */
export function createTerminalDecoder(): (chunk: Uint8Array) => TerminalFrame[] {
  let rest: Uint8Array = new Uint8Array()
  return (chunk) => {
    const bytes = joined([rest, chunk])
    const view = new DataView(bytes.buffer)
    const frames: TerminalFrame[] = []
    let at = 0
    while (bytes.length - at >= HEAD_BYTES) {
      const length = view.getUint32(at + 1)
      if (length > BODY_BYTES_MAX) throw new RangeError('a frame of a terminal is too long')
      if (bytes.length - at - HEAD_BYTES < length) break
      const from = at + HEAD_BYTES
      frames.push(decode(view.getUint8(at), bytes.slice(from, from + length)))
      at = from + length
    }
    rest = bytes.slice(at)
    return frames
  }
}

function decode(kindNumber: number, body: Uint8Array): TerminalFrame {
  const kind = KINDS[kindNumber]
  const view = new DataView(body.buffer)
  switch (kind) {
    case 'input':
    case 'output':
      return { kind, bytes: body }
    case 'resize':
      return { kind, columns: view.getUint16(0), rows: view.getUint16(2) }
    case 'begin':
      return { kind, offset: Number(view.getBigUint64(0)) }
    case 'notice':
      return { kind, text: new TextDecoder().decode(body) }
    case 'exit':
      return { kind, code: view.getInt32(0) }
    default:
      throw new RangeError(`a terminal has no frames of kind ${kindNumber}`)
  }
}
