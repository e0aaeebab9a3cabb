/**
 * Small JSON files that are there in full or not at all, whatever dies at whatever moment: written aside, synced, then
 * renamed or linked into place. One writer at a time is the caller's business.
 */
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let writesTotal = 0

/** Replaces the file. Resolves when a power cut could not undo it. */
export async function writeDurably(path: string, content: unknown): Promise<void> {
  const aside = await writeAside(path, content)
  await rename(aside, path)
  await syncFolder(dirname(path))
}

/** Creates the file unless it exists: of any number of callers, in any processes, exactly one gets `true`. */
export async function createDurably(path: string, content: unknown): Promise<boolean> {
  const aside = await writeAside(path, content)
  try {
    await link(aside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}

/** The file's content, or null when there is none. The caller names the shape: only we write these files. */
export async function readJson<Content>(path: string): Promise<Content | null> {
  const text = await readText(path)
  if (text === null) return null
  try {
    return JSON.parse(text) as Content
  } catch (cause) {
    throw new Error(`${path} is damaged: it is not JSON`, { cause })
  }
}

/** The text of a file, or null when there is none. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeAside(path: string, content: unknown): Promise<string> {
  writesTotal += 1
  const aside = `${path}.${process.pid}-${writesTotal}.aside`
  const handle = await open(aside, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(content)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return aside
}
