/**
 * Small JSON files that readers find in full or not at all: written aside, then renamed or linked into place. A process
 * that dies leaves nothing torn. A power cut may leave an empty file, which counts as none, unless it was synced.
 */
import { chmod, link, lstat, open, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'

let writesTotal = 0

/** Replaces the file, for facts that are worth nothing after a power cut. */
export async function replaceFile(path: string, content: unknown): Promise<void> {
  await rename(await writeAside(path, content, false), path)
}

/**
 * Replaces the file by one that everybody may read who sees its folder: the user of a sandbox is another than ours, and
 * is shown that folder alone.
 */
export async function publishFile(path: string, content: unknown): Promise<void> {
  const aside = await writeAside(path, content, false)
  await chmod(aside, 0o644)
  await rename(aside, path)
}

/** Replaces the file by one that is whole even after a power cut. Which of the two is found, `sync` of the folder settles. */
export async function replaceFileSynced(path: string, content: unknown): Promise<void> {
  await rename(await writeAside(path, content, true), path)
}

/** Creates the file unless it exists. Says whether it did. */
export async function createFile(path: string, content: unknown): Promise<boolean> {
  const aside = await writeAside(path, content, false)
  try {
    return await isFirst(link(aside, path))
  } finally {
    await rm(aside, { force: true })
  }
}

/**
 * Puts up a sign: of any number of callers, in any processes, exactly one gets `true`. The text is the target of a
 * symbolic link, which the system makes in one piece, so it needs no sync to be whole or absent after a power cut.
 */
export function putSign(path: string, content: unknown): Promise<boolean> {
  return isFirst(symlink(JSON.stringify(content), path))
}

/** Whether there is a sign, or anything in its place. */
export async function hasSign(path: string): Promise<boolean> {
  return (await ifThere(lstat(path))) !== null
}

/** What the sign says, or null when there is none. */
export async function readSign<Content>(path: string): Promise<Content | null> {
  const text = await ifThere(readlink(path))
  return text === null ? null : (JSON.parse(text) as Content)
}

/** The file's content, or null when there is none. The caller names the shape: only we write these files. */
export async function readJson<Content>(path: string): Promise<Content | null> {
  const text = await readText(path)
  if (text === null || text === '') return null
  try {
    return JSON.parse(text) as Content
  } catch (cause) {
    throw new Error(`${path} is damaged: it is not JSON`, { cause })
  }
}

/** The text of a file, or null when there is none. */
export function readText(path: string): Promise<string | null> {
  return ifThere(readFile(path, 'utf8'))
}

/** The last bytes of a file; empty when there is none. */
export async function readEnd(path: string, bytesMax: number): Promise<string> {
  const handle = await ifThere(open(path, 'r'))
  if (handle === null) return ''
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.alloc(Math.min(size, bytesMax))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Makes a file, or the names in a folder, survive a power cut. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeAside(path: string, content: unknown, isSynced: boolean): Promise<string> {
  writesTotal += 1
  const aside = `${path}.${process.pid}-${writesTotal}.aside`
  const handle = await open(aside, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(content)}\n`)
    if (isSynced) await handle.sync()
  } finally {
    await handle.close()
  }
  return aside
}

async function isFirst(creation: Promise<void>): Promise<boolean> {
  try {
    await creation
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function ifThere<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
