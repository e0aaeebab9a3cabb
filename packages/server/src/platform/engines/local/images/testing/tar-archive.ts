/** Makes archives as layers are, honest ones and others, for tests. */
import { Header } from 'tar'
import type { HeaderData } from 'tar'

export interface ArchiveEntry {
  readonly path: string
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO'
  readonly content?: Buffer | string
  readonly linkpath?: string
  readonly mode?: number
}

const BLOCK = 512

export function archiveOf(entries: readonly ArchiveEntry[]): Buffer {
  const pieces = entries.flatMap((entry) => {
    const { path, type = 'File', linkpath, mode = 0o644 } = entry
    const content = Buffer.from(entry.content ?? '')
    const data: HeaderData = { path, type, mode, size: content.length, mtime: new Date(1e12) }
    const header = new Header({ ...data, ...(linkpath === undefined ? {} : { linkpath }) })
    const block = Buffer.alloc(BLOCK)
    header.encode(block)
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
    return [block, content, padding]
  })
  return Buffer.concat([...pieces, Buffer.alloc(2 * BLOCK)])
}
