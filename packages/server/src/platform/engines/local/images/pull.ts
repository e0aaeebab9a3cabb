/** Brings one image from its registry into the store: resolve, download, unpack, keep. Whatever fails leaves nothing. */
import { mkdir, chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { renderMebibytes } from '#kernel/byte-size.ts'
import { type ImageReference, renderImageReference } from '#kernel/image-reference.ts'
import type { RegistryLogin } from '#platform/engines/engine.ts'
import {
  architectureOf,
  type Descriptor,
  type Manifest,
  readConfig,
  readManifest,
} from './image-documents.ts'
import { ImageFault } from './image-fault.ts'
import type { ImageStore, StoredImage } from './image-store.ts'
import { RegistryClient, type RegistryTerms } from './registry-client.ts'
import { ImageRoot } from './unpack.ts'

export interface PullTerms extends RegistryTerms {
  /** Of an image, unpacked; packed it may not be larger either. */
  readonly imageBytesMax: number
  readonly entriesMax: number
  readonly layersMax: number
  /** A pull that takes longer is given up. */
  readonly pullMs: number
}

export interface PullProgress {
  bytesDone: number
  /** Null until the manifest is there. */
  bytesTotal: number | null
}

export interface Pull {
  readonly reference: ImageReference
  readonly store: ImageStore
  readonly terms: PullTerms
  readonly progress: PullProgress
  readonly login: RegistryLogin | null
  /** Ends it before its time. */
  readonly signal: AbortSignal
}

const TRIES_MAX = 3
const TRY_AGAIN_MS = 500

/** The image, from the store if it is there. */
export async function pullImage(pull: Pull): Promise<StoredImage> {
  const { reference, store, terms, login } = pull
  const signal = AbortSignal.any([pull.signal, AbortSignal.timeout(terms.pullMs)])
  const client = new RegistryClient(reference, terms, { login, signal })
  try {
    const { digest, manifest } = await resolve(client, reference)
    const known = await store.find(digest)
    if (known !== null) return known
    return await bring(pull, client, { digest, manifest })
  } catch (error) {
    if (!signal.aborted) throw error
    throw new ImageFault(`it did not come within ${terms.pullMs / 60_000} minutes`)
  }
}

interface Resolved {
  readonly digest: string
  readonly manifest: Manifest
}

async function resolve(client: RegistryClient, reference: ImageReference): Promise<Resolved> {
  const architecture = architectureOf(process.arch)
  const name = reference.digest ?? reference.tag ?? 'latest'
  const first = await repeatedly(() => client.manifest(name))
  const reading = readManifest(first.bytes, architecture)
  if (reading.kind === 'manifest') return { digest: first.digest, manifest: reading.manifest }
  const second = await repeatedly(() => client.manifest(reading.digest))
  const inner = readManifest(second.bytes, architecture)
  if (inner.kind === 'index') throw new ImageFault('its index leads to another index')
  return { digest: second.digest, manifest: inner.manifest }
}

async function bring(
  { store, terms, progress }: Pull,
  client: RegistryClient,
  { digest, manifest: { config, layers } }: Resolved,
): Promise<StoredImage> {
  const bytesTotal = layers.reduce((sum, { size }) => sum + size, 0)
  if (bytesTotal > terms.imageBytesMax)
    throw new ImageFault(
      `it is ${renderMebibytes(bytesTotal)} to load, and at most ${renderMebibytes(terms.imageBytesMax)} are allowed here`,
    )
  if (layers.length > terms.layersMax)
    throw new ImageFault(`it has more than ${terms.layersMax} layers`)
  const settings = readConfig(
    await repeatedly(() => client.document(config)),
    architectureOf(process.arch),
  )
  progress.bytesTotal = bytesTotal
  const part = await store.openPart()
  try {
    const folder = join(part, 'root')
    await mkdir(folder)
    await chmod(folder, 0o755)
    const archives = await downloadAll({ client, layers, part, progress })
    const bounds = { bytesMax: terms.imageBytesMax, entriesMax: terms.entriesMax }
    const root = new ImageRoot(folder, bounds)
    for (const archive of archives) {
      await root.add(archive)
      await rm(archive, { force: true })
    }
    return await store.keep(part, {
      ...{ digest, settings, bytes: root.unpacked.bytes },
      isPrivate: client.hasShownLogin,
    })
  } catch (error) {
    await store.drop(part)
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw new ImageFault('the disk is full')
    throw error
  }
}

interface Downloads {
  readonly client: RegistryClient
  readonly layers: readonly Descriptor[]
  readonly part: string
  readonly progress: PullProgress
}

async function downloadAll({ client, layers, part, progress }: Downloads): Promise<string[]> {
  const paths: string[] = []
  for (const [position, layer] of layers.entries()) {
    const path = join(part, `layer-${position}`)
    const before = progress.bytesDone
    await repeatedly(() => {
      progress.bytesDone = before
      return client.download(layer, path, (count) => (progress.bytesDone += count))
    })
    paths.push(path)
  }
  return paths
}

async function repeatedly<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++)
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ImageFault) || !error.isPassing || tries === TRIES_MAX) throw error
      await pause(TRY_AGAIN_MS * tries)
    }
}

/** In front of why an image could not be had. */
export function describeFailure(reference: ImageReference, error: unknown): string {
  const why = error instanceof ImageFault ? error.message : (error as Error).message
  return `the image ${renderImageReference(reference)} cannot be had: ${why}`
}
