/** What a program's file says of where it runs, from its first bytes. Pure. */

export interface ElfHead {
  /** The number of its processor's kind. */
  readonly machine: number
  /** The loader that it asks for; null for a static program, and where it is not in these bytes. */
  readonly loader: string | null
}

const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 }
const LOADER = 3

/** Null for what is no program of 64 bits with the low byte first. */
export function readElfHead(bytes: Buffer): ElfHead | null {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return null
  const [at, size, count] = [bytes.readUInt32LE(32), bytes.readUInt16LE(54), bytes.readUInt16LE(56)]
  for (let index = 0; index < count; index++) {
    const header = at + index * size
    if (header + 40 > bytes.length) break
    if (bytes.readUInt32LE(header) !== LOADER) continue
    const from = bytes.readUInt32LE(header + 8)
    const end = bytes.indexOf(0, from)
    if (end > from)
      return { machine: bytes.readUInt16LE(18), loader: bytes.toString('latin1', from, end) }
  }
  return { machine: bytes.readUInt16LE(18), loader: null }
}

export function isOwnMachine({ machine }: ElfHead, architecture: string): boolean {
  return MACHINES[architecture] === undefined || MACHINES[architecture] === machine
}
