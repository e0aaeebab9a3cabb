/**
 * The unpacked images of this machine, by digest. One is there as a whole or not at all, whoever is killed meanwhile;
 * what is used least lately makes room, and never what an attempt runs from.
 */
import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessTable } from '#platform/processes/process-table.ts'
import { readJson } from '../durable-file.ts'
import type { ImageSettings } from './image-documents.ts'
import { look } from './root-path.ts'

export interface StoredImage {
  readonly digest: string
  /** The folder that is its root. */
  readonly root: string
  readonly settings: ImageSettings
  /** Unpacked. */
  readonly bytes: number
  /** A login was shown for it: who else names it has to be let in by its registry too. Absent in older cards. */
  readonly isPrivate?: boolean
}

/** What is written beside the root, last of all. */
type Card = Omit<StoredImage, 'root'>

export interface StorePlace {
  readonly folder: string
  readonly table: ProcessTable
  readonly bytesMax: number
  /** Digests that attempts run from. */
  readonly listUsed: () => Promise<ReadonlySet<string>>
}

/** A folder of a process that works on it: `part-<pid>-<birth>-<n>`. */
const PART = /^part-(\d+)-(\d+)-\d+$/

let partsTotal = 0

/** So that after a power cut an image that is there has all of its files. Where it cannot, a kill does no harm still. */
function syncFiles(folder: string): Promise<void> {
  return new Promise((resolve) => execFile('sync', ['-f', folder], () => resolve()))
}

export class ImageStore {
  readonly #place: StorePlace

  constructor(place: StorePlace) {
    this.#place = place
  }

  /** Notes that it is used. */
  async find(digest: string): Promise<StoredImage | null> {
    const folder = this.#folderOf(digest)
    const card = await readJson<Card>(join(folder, 'image.json'))
    if (card === null) return null
    const now = process.hrtime.bigint()
    await writeFile(join(folder, 'used'), String(now)).catch(
      () => undefined /* Going, or the disk is full. */,
    )
    return { ...card, root: join(folder, 'root') }
  }

  /** An empty folder to work in, which is swept once this process is gone. */
  async openPart(): Promise<string> {
    await mkdir(this.#place.folder, { recursive: true, mode: 0o700 })
    const path = this.#newPart()
    await mkdir(path, { mode: 0o700 })
    return path
  }

  /** Makes what was worked on an image: its `root` must be complete. */
  async keep(part: string, card: Card): Promise<StoredImage> {
    await writeFile(join(part, 'image.json'), JSON.stringify(card))
    await syncFiles(part)
    const folder = this.#folderOf(card.digest)
    try {
      await rename(part, folder)
    } catch (error) {
      // Somebody else was as quick, and has the same.
      await this.drop(part)
      if ((await this.find(card.digest)) === null) throw error
    }
    return { ...card, root: join(folder, 'root') }
  }

  async drop(part: string): Promise<void> {
    await rm(part, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Removes what processes that are gone left half-done, and what is used least lately above the bound. */
  async tidy(kept: ReadonlySet<string>): Promise<void> {
    await this.#sweepParts()
    const images = await this.#list()
    let total = images.reduce((sum, { card }) => sum + card.bytes, 0)
    if (total <= this.#place.bytesMax) return
    const used = await this.#place.listUsed()
    for (const { card } of images.toSorted((left, right) => left.usedMs - right.usedMs)) {
      if (total <= this.#place.bytesMax) return
      if (used.has(card.digest) || kept.has(card.digest)) continue
      total -= card.bytes
      const part = this.#newPart()
      await rename(this.#folderOf(card.digest), part)
      await this.drop(part)
    }
  }

  async #list(): Promise<readonly { readonly card: Card; readonly usedMs: number }[]> {
    const images = (await this.#names()).filter((name) => /^[0-9a-f]{64}$/.test(name))
    const found = images.map(async (name) => {
      const folder = join(this.#place.folder, name)
      const card = await readJson<Card>(join(folder, 'image.json'))
      const used = (await look(join(folder, 'used'))) ?? (await look(folder))
      return card === null ? [] : [{ card, usedMs: used?.mtimeMs ?? 0 }]
    })
    return (await Promise.all(found)).flat()
  }

  async #sweepParts(): Promise<void> {
    for (const name of await this.#names()) {
      const [, pid, birth] = PART.exec(name) ?? []
      if (pid === undefined) continue
      if (String(this.#place.table.find(Number(pid))?.birth) !== birth)
        await this.drop(join(this.#place.folder, name))
    }
  }

  async #names(): Promise<readonly string[]> {
    return readdir(this.#place.folder).catch(() => [])
  }

  #newPart(): string {
    const birth = this.#place.table.find(process.pid)?.birth ?? 0
    return join(this.#place.folder, `part-${process.pid}-${birth}-${++partsTotal}`)
  }

  #folderOf(digest: string): string {
    return join(this.#place.folder, digest.replace(/^sha256:/, ''))
  }
}
