/**
 * Reads what a lease left in its artifacts folder. The names in there are the command's own, and so are its links: each
 * part of a path is opened below the one before it, and nothing that is a link, or no plain file, is followed or read.
 */
import { constants, existsSync } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Artifact } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { ARTIFACTS_LISTED_MAX } from '../../limits.ts'

const DEPTH_MAX = 32
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** The name of an entry of an open folder, which stays that folder's whatever happens to its path. */
async function entryOf(folder: Folder, name: string): Promise<string> {
  if (existsSync('/proc/self/fd')) return `/proc/self/fd/${folder.handle.fd}/${name}`
  const path = join(folder.path, name)
  const isInside = (await realpath(path)).startsWith(`${await realpath(folder.root)}${sep}`)
  if (isInside && !(await lstat(path)).isSymbolicLink()) return path
  throw new Error(`${path} leads out of ${folder.root}`)
}

interface Folder {
  readonly handle: FileHandle
  readonly path: string
  readonly root: string
}

async function openFolder(path: string, root: string): Promise<Folder> {
  return { handle: await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path, root }
}

async function openBelow(folder: Folder, name: string): Promise<Folder> {
  const opened = await openFolder(await entryOf(folder, name), folder.root)
  return { ...opened, path: join(folder.path, name) }
}

async function openFile(folder: Folder, name: string): Promise<FileHandle | null> {
  // Without waiting, because a pipe would wait for who writes into it.
  const file = await open(await entryOf(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  if ((await file.stat()).isFile()) return file
  await file.close()
  return null
}

/** The outcome of work in a folder, which is closed after it. */
async function closing<Result>({ handle }: Folder, work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } finally {
    await handle.close()
  }
}

/** Walks to the folder of a path, closing what it passed. */
async function openParent(root: string, parts: readonly string[]): Promise<Folder> {
  let folder = await openFolder(root, root)
  for (const part of parts) {
    const outer = folder
    folder = await closing(outer, openBelow(outer, part))
  }
  return folder
}

function isPlain(parts: readonly string[]): boolean {
  return parts.every((part) => !['', '.', '..'].includes(part) && !part.includes('\0'))
}

async function openArtifact(root: string, path: string): Promise<FileHandle | null> {
  const parts = path.split('/')
  if (!isPlain(parts) || parts.length > DEPTH_MAX) return null
  try {
    const folder = await openParent(root, parts.slice(0, -1))
    return await closing(folder, openFile(folder, parts.at(-1) ?? ''))
  } catch {
    // Not there, a link, or not to be read: to the caller that is the same.
    return null
  }
}

/** The bytes of one file. Throws `lease.artifact_not_found`. */
export async function readArtifact(
  root: string | null,
  path: string,
): Promise<ReadableStream<Uint8Array>> {
  const file = root === null ? null : await openArtifact(root, path)
  if (file === null) throw new Fault('lease.artifact_not_found', `The lease has no file ${path}.`)
  const pieces = readPieces(file)
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => {
      await pieces.return(undefined)
    },
  })
}

const PIECE_BYTES = 64 * 1024

async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function collect(folder: Folder, prefix: string, found: Artifact[]): Promise<void> {
  const place = existsSync('/proc/self/fd') ? `/proc/self/fd/${folder.handle.fd}` : folder.path
  const entries = await readdir(place, { withFileTypes: true })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (found.length >= ARTIFACTS_LISTED_MAX) return
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    if (entry.isFile()) await addFile(folder, entry.name, { path, found })
    else if (entry.isDirectory() && path.split('/').length < DEPTH_MAX)
      await enter(folder, entry.name, { path, found })
  }
}

interface Finding {
  readonly path: string
  readonly found: Artifact[]
}

async function addFile(folder: Folder, name: string, { path, found }: Finding): Promise<void> {
  // It may have gone since the folder was read.
  const status = await lstat(await entryOf(folder, name)).catch(() => null)
  if (status?.isFile())
    found.push({ path, bytes: status.size, modifiedAt: status.mtime.toISOString() })
}

async function enter(folder: Folder, name: string, { path, found }: Finding): Promise<void> {
  const inner = await openBelow(folder, name).catch(() => null)
  if (inner === null) return
  await closing(inner, collect(inner, path, found))
}

/** All files, in the order of their names, up to a number; links and the like are left out. */
export async function listArtifacts(root: string | null): Promise<Artifact[]> {
  const found: Artifact[] = []
  const folder = root === null ? null : await openFolder(root, root).catch(() => null)
  if (folder === null) return found
  await closing(folder, collect(folder, '', found))
  return found
}
