/** The files of the journal: `<writer>.<number>.journal`, one writer's numbered from 1 without gaps. Pure. */

/** How far something was read: everything before this byte of this segment. */
export interface Position {
  readonly segment: number
  readonly byteOffset: number
}

export interface Segment {
  readonly writer: string
  readonly number: number
  /** Whether the writer may still write to it, or was declared dead and has lost it. */
  readonly state: 'open' | 'fenced'
}

const WRITER = /^[A-Za-z0-9_-]{1,80}$/
const FILE = /^([A-Za-z0-9_-]{1,80})\.(\d{8})\.(journal|fenced)$/
const DIGITS = 8

export const JOURNAL_START: Position = { segment: 1, byteOffset: 0 }

export function isWriterName(name: string): boolean {
  return WRITER.test(name)
}

export function fileName({ writer, number, state }: Segment): string {
  const ending = state === 'open' ? 'journal' : 'fenced'
  return `${writer}.${String(number).padStart(DIGITS, '0')}.${ending}`
}

/** Reads a file's name; null for files that are not of the journal. */
export function parseFileName(name: string): Segment | null {
  const [, writer, digits, ending] = FILE.exec(name) ?? []
  if (writer === undefined || digits === undefined) return null
  return { writer, number: Number(digits), state: ending === 'journal' ? 'open' : 'fenced' }
}

export function isBefore(a: Position, b: Position): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.byteOffset < b.byteOffset)
}
