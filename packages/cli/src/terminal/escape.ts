/** Finds the escapes in what is typed, as ssh has them: after a newline `~.` detaches and `~?` explains. Pure. */

export interface Typed {
  /** What goes on to the lease. */
  readonly bytes: Uint8Array
  readonly action: 'detach' | 'help' | null
}

const TILDE = 0x7e
const ACTIONS: Readonly<Record<number, Typed['action']>> = { 0x2e: 'detach', 0x3f: 'help' }

export const ESCAPE_HELP = [
  'At the beginning of a line:',
  '  ~.  detach; the lease goes on',
  '  ~?  this help',
  '  ~~  send ~',
].join('\r\n')

function endsLine(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d
}

/** Takes what is typed piece by piece; a tilde that may begin an escape is kept until the next byte. */
export function createEscapes(): (chunk: Uint8Array) => Typed {
  let isAtStart = true
  let isEscaped = false
  return (chunk) => {
    const out: number[] = []
    let action: Typed['action'] = null
    for (const byte of chunk) {
      if (isEscaped) {
        isEscaped = false
        const found = ACTIONS[byte] ?? null
        if (found === 'detach') return { bytes: Uint8Array.from(out), action: found }
        action = found ?? action
        isAtStart = found !== null || endsLine(byte)
        if (found !== null) continue
        if (byte !== TILDE) out.push(TILDE)
        out.push(byte)
      } else if (isAtStart && byte === TILDE) isEscaped = true
      else {
        out.push(byte)
        isAtStart = endsLine(byte)
      }
    }
    return { bytes: Uint8Array.from(out), action }
  }
}
