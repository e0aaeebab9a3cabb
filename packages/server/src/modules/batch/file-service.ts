/** Files: taken in chunk by chunk, shown to their project, deleted when nobody reads them. */
import type { FilePurpose } from '@spillway/contract'
import { assert } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import type { Principal } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  FILE_ARRIVES_WITHIN_MS,
  FILE_BYTES_MAX,
  FILE_CHUNK_BYTES,
  FILE_KEPT_MS,
  FILES_OF_PROJECT_BYTES_MAX,
} from '../../limits.ts'
import { isReadByOpen } from './batch-store.ts'
import * as store from './file-store.ts'
import type { StoredFile } from './stored-file.ts'

export type Owner = Pick<Principal, 'organizationId' | 'projectId'>

interface Named {
  readonly id: string
  readonly projectId: string
}

export interface NewFile {
  readonly owner: Owner
  readonly purpose: FilePurpose
  readonly name: string
  readonly now: Date
}

/** Writes a file in chunks of one size, as it comes. Until `end`, nobody sees it. */
export class FileWriter {
  readonly id: string
  readonly #db: Db
  readonly #file: NewFile
  #rest: Buffer[] = []
  #restBytes = 0
  #chunks = 0
  #size = 0
  #isBegun = false

  constructor(db: Db, file: NewFile, ids: IdSource) {
    this.#db = db
    this.#file = file
    this.id = newId('file', ids)
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  /** Keeps the bytes; resolves once all whole chunks are stored. */
  async write(bytes: Buffer): Promise<void> {
    this.#size += bytes.length
    this.#rest.push(bytes)
    this.#restBytes += bytes.length
    if (this.#restBytes < FILE_CHUNK_BYTES) return
    let whole = Buffer.concat(this.#rest)
    for (; whole.length >= FILE_CHUNK_BYTES; whole = whole.subarray(FILE_CHUNK_BYTES))
      await this.#store(whole.subarray(0, FILE_CHUNK_BYTES))
    this.#rest = whole.length === 0 ? [] : [whole]
    this.#restBytes = whole.length
  }

  /** Nothing more comes: what is left is stored as well. */
  async flush(): Promise<void> {
    await this.#begin()
    if (this.#restBytes > 0) await this.#store(Buffer.concat(this.#rest))
    this.#rest = []
    this.#restBytes = 0
  }

  /** All of it is there, and from now on it is seen. */
  async end(tx: Db, expiresAt: Date): Promise<StoredFile> {
    assert(this.#isBegun && this.#restBytes === 0, 'a file is stored before it is seen')
    const size = this.#size
    await store.readyFile(tx, { id: this.id, size, expiresAt })
    const { owner, purpose, name, now } = this.#file
    const { organizationId, projectId } = owner
    return {
      id: this.id,
      organizationId,
      projectId,
      purpose,
      name,
      size,
      createdAt: now,
      expiresAt,
    }
  }

  /** It will never be whole. */
  async discard(): Promise<void> {
    if (this.#isBegun) await store.removeFile(this.#db, this.id)
  }

  async #begin(): Promise<void> {
    if (this.#isBegun) return
    this.#isBegun = true
    const { owner, purpose, name, now } = this.#file
    const expiresAt = new Date(now.getTime() + FILE_ARRIVES_WITHIN_MS)
    const { organizationId, projectId } = owner
    await store.insertFile(this.#db, {
      ...{ id: this.id, organizationId, projectId, purpose, name },
      ...{ createdAt: now, expiresAt, state: 'uploading' },
    })
  }

  async #store(content: Buffer): Promise<void> {
    await this.#begin()
    await store.insertChunk(this.#db, { fileId: this.id, ordinal: this.#chunks, content })
    this.#chunks += 1
  }
}

export function tooLarge(): Fault {
  const mebibytes = FILE_BYTES_MAX / 1024 / 1024
  return new Fault(
    'file.too_large',
    `A file has at most ${mebibytes} MiB (${FILE_BYTES_MAX} bytes).`,
  )
}

/** Throws when a project has as much as it may have. */
export async function requireRoom(db: Db, projectId: string): Promise<void> {
  if ((await store.sizeOfFiles(db, projectId)) < FILES_OF_PROJECT_BYTES_MAX) return
  const gibibytes = FILES_OF_PROJECT_BYTES_MAX / 1024 ** 3
  throw new Fault(
    'file.too_large',
    `The files of a project have at most ${gibibytes} GiB together, and they do: delete some first.`,
  )
}

/** How long a file stays when nothing is said of it. */
export function keptUntil(now: Date, keptMs = FILE_KEPT_MS): Date {
  return new Date(now.getTime() + keptMs)
}

/** Another project's file and a missing one are the same. */
export async function getFile(db: Db, named: Named): Promise<StoredFile> {
  const found = await store.findFile(db, named)
  if (found) return found
  throw new Fault('file.not_found', `There is no file ${named.id}.`)
}

export async function deleteFile(tx: Db, named: Named): Promise<void> {
  const { id } = await getFile(tx, named)
  if (await isReadByOpen(tx, id))
    throw new Fault('file.in_use', `The file ${id} is read by a batch that is not over.`)
  await store.removeFile(tx, id)
}

/** The bytes of a file, chunk by chunk. */
export async function* readFile(db: Db, id: string): AsyncGenerator<Buffer> {
  for (let ordinal = 0; ; ordinal++) {
    const chunk = await store.findChunk(db, id, ordinal)
    if (chunk === null) return
    yield chunk
  }
}
