/**
 * A file on its way: bytes are appended, the checksum runs along, and after a crash or a cut connection it goes on
 * where it stopped. Beside it lies the entity tag of the content server, without which nobody could tell whether the
 * rest belongs to the beginning.
 */
import { type Hash, createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface PartFile {
  readonly length: () => number
  /** The tag that the bytes so far came with; null when there are none or nothing was said. */
  readonly tag: () => string | null
  readonly append: (bytes: Uint8Array) => Promise<void>
  /** Forgets everything and begins with the given tag. */
  readonly restart: (tag: string | null) => Promise<void>
  /** SHA-256 of the bytes so far, in hexadecimal. */
  readonly checksum: () => string
  /** Makes the bytes durable and gives the file its place. */
  readonly finish: (path: string) => Promise<void>
  /** Closes the file and keeps it for another time. Does nothing when it is closed. */
  readonly close: () => Promise<void>
  readonly discard: () => Promise<void>
}

class Part implements PartFile {
  readonly #path: string
  readonly #file: FileHandle
  #hash: Hash
  #length: number
  #tag: string | null
  #isOpen = true

  constructor(path: string, file: FileHandle, state: PartState) {
    this.#path = path
    this.#file = file
    this.#hash = state.hash
    this.#length = state.length
    this.#tag = state.tag
  }

  readonly length = () => this.#length
  readonly tag = () => (this.#length > 0 ? this.#tag : null)
  readonly checksum = () => this.#hash.copy().digest('hex')

  readonly close = async (): Promise<void> => {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#file.close()
  }

  readonly append = async (bytes: Uint8Array): Promise<void> => {
    let written = 0
    while (written < bytes.length) {
      const position = this.#length + written
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        position,
      )
      written += bytesWritten
    }
    this.#hash.update(bytes)
    this.#length += bytes.length
  }

  readonly restart = async (tag: string | null): Promise<void> => {
    await this.#file.truncate(0)
    await writeFile(tagPath(this.#path), tag ?? '')
    this.#hash = createHash('sha256')
    this.#length = 0
    this.#tag = tag
  }

  readonly finish = async (path: string): Promise<void> => {
    await this.#file.sync()
    await this.close()
    await rename(this.#path, path)
    await rm(tagPath(this.#path), { force: true })
  }

  readonly discard = async (): Promise<void> => {
    await this.close()
    await rm(this.#path, { force: true })
    await rm(tagPath(this.#path), { force: true })
  }
}

interface PartState {
  readonly hash: Hash
  readonly length: number
  readonly tag: string | null
}

function tagPath(path: string): string {
  return `${path}.tag`
}

/** Opens a file on its way, reading once what is there already. */
export async function openPartFile(path: string): Promise<PartFile> {
  await mkdir(dirname(path), { recursive: true })
  // O_CREAT without O_TRUNC, which none of the modes in letters is.
  const file = await open(path, constants.O_RDWR | constants.O_CREAT)
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
  }
  return new Part(path, file, { hash, length, tag: await readTag(path) })
}

async function readTag(path: string): Promise<string | null> {
  try {
    return (await readFile(tagPath(path), 'utf8')) || null
  } catch {
    // Without a tag the beginning cannot be trusted; the content server then sends everything again.
    return null
  }
}
