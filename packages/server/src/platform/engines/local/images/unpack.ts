/**
 * Unpacks the layers of an image over each other into one folder. What is in them is a stranger's: nothing is written
 * outside of the folder, no device, no set-uid bit and no owner is taken over, and all of it stays within bounds.
 */
import { createReadStream } from 'node:fs'
import { chmod, link, mkdir, open, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { ImageFault } from './image-fault.ts'
import { look, partsOf, resolveFolder } from './root-path.ts'

export interface UnpackBounds {
  /** Of everything that comes out of the layers, also of what is left out. */
  readonly bytesMax: number
  readonly entriesMax: number
}

export interface Unpacked {
  readonly bytes: number
  readonly entries: number
}

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
const META_BYTES_MAX = 2 ** 20

/** One image's root while it grows, layer by layer. */
export class ImageRoot {
  readonly #root: string
  readonly #bounds: UnpackBounds
  #bytes = 0
  #entries = 0
  /** What the current layer made, with the folders above it, which its own whiteouts leave alone. */
  #made = new Set<string>()

  constructor(root: string, bounds: UnpackBounds) {
    this.#root = root
    this.#bounds = bounds
  }

  get unpacked(): Unpacked {
    return { bytes: this.#bytes, entries: this.#entries }
  }

  /** Lays a layer's archive over what is there. */
  async add(archive: string): Promise<void> {
    this.#made = new Set()
    const counted = new Transform({
      transform: (piece: Buffer, _, done) => {
        this.#bytes += piece.length
        done(this.#bytes > this.#bounds.bytesMax ? tooLarge(this.#bounds) : null, piece)
      },
    })
    const stages = [createReadStream(archive), ...(await decompression(archive)), counted]
    const pumped = pipeline(stages as [Readable, ...Transform[]])
    try {
      await Promise.all([pumped, this.#readEntries(counted)])
    } catch (error) {
      counted.destroy()
      await pumped.catch(() => undefined /* The first fault is the one to tell. */)
      throw unpackFault(error)
    }
  }

  #readEntries(source: Readable): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(error)
      // The parser may be at its end before what it found is written.
      let written = Promise.resolve()
      const parser = new Parser({
        strict: true,
        maxMetaEntrySize: META_BYTES_MAX,
        onReadEntry: (entry) => {
          written = written.then(() => this.#take(entry)).then(() => entry.resume())
          written.catch(fail)
        },
      })
      parser.on('error', fail)
      parser.on('end', () => void written.then(resolve, fail))
      source.on('error', fail)
      source.pipe(parser)
    })
  }

  async #take(entry: ReadEntry): Promise<void> {
    this.#entries += 1
    if (this.#entries > this.#bounds.entriesMax)
      throw new ImageFault(`it holds more than ${this.#bounds.entriesMax} files`)
    const parts = partsOf(entry.path)
    const name = parts.at(-1)
    if (name === undefined) return
    const folder = await this.#makeFolder(parts.slice(0, -1))
    if (name.startsWith(WHITEOUT)) return this.#whiteOut(folder, name)
    const path = join(folder, name)
    await this.#put(entry, path)
  }

  async #put(entry: ReadEntry, path: string): Promise<void> {
    const { type } = entry
    if (type === 'Directory' || type === 'GNUDumpDir') {
      if (!(await look(path))?.isDirectory()) {
        await remove(path)
        await makeFolderAt(path)
      }
    } else if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') {
      await remove(path)
      await writeFileOf(entry, path)
    } else if (type === 'SymbolicLink') {
      await remove(path)
      await symlink(entry.linkpath ?? '', path)
    } else if (type === 'Link') await this.#putLink(entry.linkpath ?? '', path)
    else return
    for (let at = path; at !== this.#root && !this.#made.has(at); at = dirname(at))
      this.#made.add(at)
  }

  async #putLink(target: string, path: string): Promise<void> {
    const parts = partsOf(target)
    const from = join(await resolveFolder(this.#root, parts.slice(0, -1)), parts.at(-1) ?? '')
    if (from === path) return
    const found = await look(from)
    if (found === null || found.isDirectory())
      throw new ImageFault(`a layer links to ${target}, which is not in the image`)
    await remove(path)
    if (found.isSymbolicLink()) await symlink(await readlink(from), path)
    else await link(from, path)
  }

  /** The folder that something is put into, with those above it. What stands in the way gives way. */
  async #makeFolder(parts: readonly string[]): Promise<string> {
    const folder = await resolveFolder(this.#root, parts)
    const missing: string[] = []
    for (let at = folder; at !== this.#root && at.startsWith(this.#root); at = dirname(at)) {
      const found = await look(at)
      if (found?.isDirectory()) break
      if (found !== null) await remove(at)
      missing.unshift(at)
    }
    for (const path of missing) await makeFolderAt(path)
    return folder
  }

  async #whiteOut(folder: string, name: string): Promise<void> {
    if (name === OPAQUE) return this.#clear(folder)
    const hidden = name.slice(WHITEOUT.length)
    // Others of this form are marks of one storage driver, which mean nothing elsewhere.
    if (hidden.startsWith(WHITEOUT)) return
    if (hidden === '' || hidden === '.' || hidden === '..')
      throw new ImageFault(`a layer removes ${hidden || 'nothing'}, which no layer may`)
    const path = join(folder, hidden)
    if (!this.#made.has(path)) await remove(path)
    else if ((await look(path))?.isDirectory()) await this.#clear(path)
  }

  /** Everything that lower layers had in a folder. */
  async #clear(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      if (!this.#made.has(path)) await remove(path)
      else if ((await look(path))?.isDirectory()) await this.#clear(path)
    }
  }
}

/** Every user may read and enter, only its owner here may write. */
async function makeFolderAt(path: string): Promise<void> {
  await mkdir(path)
  await chmod(path, 0o755)
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

async function writeFileOf(entry: ReadEntry, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const piece of entry as AsyncIterable<Buffer>) await file.writeFile(piece)
    // Neither set-uid bits nor owners: whoever may run it may read it.
    await file.chmod(((entry.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755)
    // Python trusts what it compiled by the date of the source.
    if (entry.mtime) await file.utimes(entry.mtime, entry.mtime)
  } finally {
    await file.close()
  }
}

const GZIP = Buffer.from([0x1f, 0x8b])
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** Told by the first bytes, whatever the manifest calls it. */
async function decompression(archive: string): Promise<readonly Transform[]> {
  const file = await open(archive, 'r')
  const head = Buffer.alloc(4)
  try {
    await file.read(head, 0, head.length, 0)
  } finally {
    await file.close()
  }
  if (head.subarray(0, 2).equals(GZIP)) return [createGunzip()]
  return head.equals(ZSTD) ? [createZstdDecompress()] : []
}

function tooLarge({ bytesMax }: UnpackBounds): ImageFault {
  return new ImageFault(`unpacked it is larger than ${Math.floor(bytesMax / 2 ** 20)} MiB`)
}

function unpackFault(error: unknown): unknown {
  if (error instanceof ImageFault) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return new ImageFault('the disk is full')
  if (code === 'ENAMETOOLONG') return new ImageFault('a layer holds a name that is too long')
  return new ImageFault(`a layer cannot be unpacked: ${message}`)
}
