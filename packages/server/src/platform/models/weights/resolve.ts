/** From what a fleet file says to a model file on this disk: the toy, a path, or a file of a hub. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { inspectGguf } from '../gguf/inspect.ts'
import { type ToyFolders, ensureToyModel } from '../toy/toy.ts'
import { download } from './download.ts'
import { type Hub, type HubFile, askHub, createHubDispatcher, unreachable } from './hub.ts'
import {
  type Progress,
  type ReadyWeights,
  type WeightsFailure,
  type WeightsOutcome,
  checksumMismatch,
} from './outcome.ts'
import { type PartFile, openPartFile } from './part-file.ts'
import {
  type HubReference,
  type PathPlaces,
  hubFileUrl,
  parseReference,
  renderHub,
} from './reference.ts'
import { type WeightsStore, createWeightsStore } from './store.ts'

export interface WeightsPlaces extends PathPlaces, ToyFolders {
  /** The hub's address, such as `https://huggingface.co`. */
  readonly hubUrl: string
  readonly hubToken: string | null
  /** The connections to use, for installations behind a proxy. */
  readonly dispatcher?: Dispatcher
  /** How much the disk of a folder can still take. */
  readonly bytesFree?: (folder: string) => Promise<number>
  /** How long to wait after the first cut; longer after each that brings nothing. */
  readonly retryWaitMs?: number
}

const RETRY_WAIT_MS = 250

export interface WeightsWish {
  /** As the fleet file has it; null for the toy. */
  readonly reference: string | null
  /** Refuse anything else than these bytes. */
  readonly sha256?: string | null
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** Finds or loads the weights of one reference. Expected failures are outcomes; it throws for faults of ours only. */
export async function resolveWeights(
  wish: WeightsWish,
  places: WeightsPlaces,
): Promise<WeightsOutcome> {
  if (wish.reference === null) {
    const toy = await ensureToyModel(places)
    return judge({ source: 'toy', ...toy })
  }
  const reference = parseReference(wish.reference, places)
  if (reference.kind === 'invalid') return { kind: 'invalid_reference', text: reference.text }
  if (reference.kind === 'path') return resolvePath(reference.path, wish)
  return resolveHub(reference.hub, wish, places)
}

/** The last look: a file that is no model is an outcome here, and would be an abort in llama.cpp. */
async function judge(
  found: Pick<ReadyWeights, 'source' | 'path' | 'sha256'>,
): Promise<WeightsOutcome> {
  const inspection = await inspectGguf(found.path)
  if (inspection.kind === 'missing') return { kind: 'not_found', text: inspection.text }
  if (inspection.kind === 'refused')
    return { kind: 'not_a_model', text: `${found.path}: ${inspection.text}` }
  const { header, bytes } = inspection
  return { kind: 'ready', ...found, header, bytes }
}

async function resolvePath(path: string, { sha256 }: WeightsWish): Promise<WeightsOutcome> {
  const outcome = await judge({ source: 'file', path, sha256: sha256 ?? null })
  if (outcome.kind !== 'ready' || !sha256) return outcome
  const found = await checksumOf(path)
  return found === sha256 ? outcome : checksumMismatch(path, { wanted: sha256, found })
}

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

interface HubErrand {
  readonly url: string
  readonly name: string
  readonly hub: Hub
  readonly store: WeightsStore
  readonly wish: WeightsWish
  readonly places: WeightsPlaces
  readonly signal: AbortSignal
}

async function resolveHub(
  reference: HubReference,
  wish: WeightsWish,
  places: WeightsPlaces,
): Promise<WeightsOutcome> {
  const store = createWeightsStore(places.modelsFolder)
  const name = renderHub(reference)
  const stored = await store.find(name)
  if (stored && (!wish.sha256 || wish.sha256 === stored.sha256))
    return judge({ source: 'hub', ...stored })
  const dispatcher = places.dispatcher ?? createHubDispatcher()
  const errand: HubErrand = {
    url: hubFileUrl(places.hubUrl, reference),
    name,
    hub: { token: places.hubToken, dispatcher },
    store,
    wish,
    places,
    signal: wish.signal ?? new AbortController().signal,
  }
  try {
    return await alone(store.partPathOf(name), () => load(errand))
  } finally {
    if (!places.dispatcher) await dispatcher.destroy()
  }
}

/** Loads under way. Two deployments of one model share what one of them loads. */
const underWay = new Map<string, Promise<WeightsOutcome>>()

async function alone(key: string, work: () => Promise<WeightsOutcome>): Promise<WeightsOutcome> {
  const other = underWay.get(key)
  if (other) return other
  const own = work()
  underWay.set(key, own)
  try {
    return await own
  } finally {
    underWay.delete(key)
  }
}

async function load(errand: HubErrand): Promise<WeightsOutcome> {
  const { wish, store, name } = errand
  const file = await ask(errand)
  if (file.kind !== 'file') return file
  const { sha256: pinned } = wish
  if (pinned && file.sha256 !== null && pinned !== file.sha256)
    return checksumMismatch(name, { wanted: pinned, found: file.sha256 })
  if (file.sha256 !== null && (await store.has(file.sha256))) return keep(errand, file.sha256)
  const part = await openPartFile(store.partPathOf(name))
  try {
    return await loadInto(errand, file, part)
  } finally {
    await part.close()
  }
}

async function ask({ hub, url, signal }: HubErrand): Promise<HubFile | WeightsFailure> {
  try {
    return await askHub(hub, url, signal)
  } catch (error) {
    if (signal.aborted) return { kind: 'cancelled', text: 'Loading the weights was cancelled.' }
    return unreachable(url, error)
  }
}

async function loadInto(errand: HubErrand, file: HubFile, part: PartFile): Promise<WeightsOutcome> {
  const { hub, url, signal, wish, places, store } = errand
  const partFolder = dirname(store.partPathOf(errand.name))
  const failure = await download(
    { hub, url, file },
    {
      part,
      signal,
      onProgress: wish.onProgress ?? (() => undefined),
      bytesFree: () => (places.bytesFree ?? bytesFreeOf)(partFolder),
      wait: (step) => rest((places.retryWaitMs ?? RETRY_WAIT_MS) * 2 ** step, signal),
    },
  )
  if (failure) return failure
  const found = part.checksum()
  const wanted = wish.sha256 ?? file.sha256
  if (wanted !== null && wanted !== found) {
    await part.discard()
    return checksumMismatch(errand.name, { wanted, found })
  }
  await part.finish(store.pathOf(found))
  return keep(errand, found)
}

/** Remembers where the reference led, unless it led to no model at all. */
async function keep({ store, name }: HubErrand, sha256: string): Promise<WeightsOutcome> {
  const path = store.pathOf(sha256)
  const outcome = await judge({ source: 'hub', path, sha256 })
  if (outcome.kind === 'ready') await store.note(name, sha256)
  else await rm(path, { force: true })
  return outcome
}

/** Sleeps, unless it is cancelled; whoever called sees the signal. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

async function bytesFreeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
