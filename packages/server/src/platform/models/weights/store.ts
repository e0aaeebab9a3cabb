/**
 * Where loaded weights are kept: named after their checksum, with a note for each reference that led to one. A
 * reference, once loaded, stays what it was: a moved branch on the hub does not change a running service. To load it
 * anew, remove its note.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface StoredWeights {
  readonly path: string
  readonly sha256: string
}

export interface WeightsStore {
  /** The file that a reference led to before, if it is still there. */
  readonly find: (reference: string) => Promise<StoredWeights | null>
  /** Where a file with this checksum belongs. */
  readonly pathOf: (sha256: string) => string
  /** Where a reference is loaded before its checksum is known to be right. */
  readonly partPathOf: (reference: string) => string
  readonly has: (sha256: string) => Promise<boolean>
  readonly note: (reference: string, sha256: string) => Promise<void>
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

export function createWeightsStore(folder: string): WeightsStore {
  const pathOf = (sha256: string) => join(folder, `${sha256}.gguf`)
  const notePathOf = (reference: string) => join(folder, 'references', `${hash(reference)}.txt`)
  const has = async (sha256: string) => (await sizeOf(pathOf(sha256))) !== null
  return {
    pathOf,
    has,
    partPathOf: (reference) => join(folder, 'parts', `${hash(reference)}.part`),
    find: async (reference) => {
      const note = await readNote(notePathOf(reference))
      if (note === null || !(await has(note))) return null
      return { path: pathOf(note), sha256: note }
    },
    note: async (reference, sha256) => {
      const path = notePathOf(reference)
      await mkdir(join(folder, 'references'), { recursive: true })
      await writeFile(`${path}.part`, `${sha256}\n${reference}\n`)
      await rename(`${path}.part`, path)
    },
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch {
    // Not there, or not for us: either way it cannot be used.
    return null
  }
}

async function readNote(path: string): Promise<string | null> {
  try {
    return /^[0-9a-f]{64}/.exec(await readFile(path, 'utf8'))?.[0] ?? null
  } catch {
    // Nobody has loaded this reference yet.
    return null
  }
}
