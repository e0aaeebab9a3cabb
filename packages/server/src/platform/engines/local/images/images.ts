/**
 * Has images ready for attempts: whoever asks starts a pull or joins the one under way, hears how far it is, and in the
 * end which image it is. Nobody waits in here.
 */
import { createHash } from 'node:crypto'
import { renderMebibytes } from '#kernel/byte-size.ts'
import {
  type ImageReference,
  parseImageReference,
  renderImageReference,
} from '#kernel/image-reference.ts'
import type { ImageState, ImageWanted, RegistryLogin } from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { ImageStore, StoredImage } from './image-store.ts'
import { describeFailure, type PullProgress, pullImage, type PullTerms } from './pull.ts'
import { isRegistryAllowed } from './registry-client.ts'

export interface Images {
  readonly prepare: (wanted: ImageWanted) => Promise<ImageState>
  readonly find: (digest: string) => Promise<StoredImage | null>
}

/** How long an outcome is told to whoever asks. */
const OUTCOME_MS = 10_000
/** An image stays at least so long after it was told to be ready. */
const PROMISE_MS = 120_000

/** A pull that nobody asks about any more is given up. */
const ABANDONED_MS = 60_000
const ABANDONED_LOOK_MS = 5000

/** More wait, so that no crowd of images fills the disk at once. */
const PULLS_MAX = 8

interface UnderWay {
  /** When somebody last asked how far it is. */
  askedMs: number
  readonly progress: PullProgress
  outcome: ImageState | null
  endedMs: number
}

export function createImages(store: ImageStore, terms: PullTerms): Images {
  const pulls = new Pulls(store, terms)
  return {
    find: (digest) => store.find(digest),
    prepare: async ({ reference: text, digest, login = null }) => {
      const asked = parseImageReference(text)
      if (asked === null || !isRegistryAllowed(asked.registry, terms.registries))
        return { kind: 'failed', text: `images of ${asked?.registry ?? text} are not allowed here` }
      const reference = digest === null ? asked : { ...asked, tag: null, digest }
      const stored = reference.digest === null ? null : await store.find(reference.digest)
      // That one organization could load a private image opens it to no other: the registry is asked.
      const isOpen = stored !== null && stored.isPrivate !== true
      return isOpen ? pulls.ready(stored, 0) : pulls.join(reference, login)
    },
  }
}

class Pulls {
  readonly #store: ImageStore
  readonly #terms: PullTerms
  readonly #pulls = new Map<string, UnderWay>()
  /** Told to be ready, and perhaps in no attempt's record yet: until when they stay. */
  readonly #promised = new Map<string, number>()

  constructor(store: ImageStore, terms: PullTerms) {
    this.#store = store
    this.#terms = terms
  }

  ready(image: StoredImage, pulledBytes: number): ImageState {
    this.#promised.set(image.digest, monotonicMs() + PROMISE_MS)
    return { kind: 'ready', digest: image.digest, bytes: image.bytes, pulledBytes }
  }

  /** Joins the pull of an image, or begins it. */
  async join(reference: ImageReference, login: RegistryLogin | null): Promise<ImageState> {
    this.#dropOld()
    const key = pullKey(reference, login)
    const known = this.#pulls.get(key)
    const running = [...this.#pulls.values()].filter(({ outcome }) => outcome === null).length
    if (known === undefined && running >= PULLS_MAX)
      return { kind: 'pulling', bytesTotal: null, text: 'other images come first' }
    const pull = known ?? this.#begin(key, reference, login)
    pull.askedMs = monotonicMs()
    if (pull.outcome === null) return underWay(pull.progress)
    if (pull.outcome.kind !== 'ready') return pull.outcome
    const image = await this.#store.find(pull.outcome.digest)
    if (image !== null) return this.ready(image, pull.outcome.pulledBytes)
    // Removed since: the next who asks has it pulled again.
    this.#pulls.delete(key)
    return underWay({ bytesDone: 0, bytesTotal: null })
  }

  #dropOld(): void {
    const nowMs = monotonicMs()
    for (const [key, { outcome, endedMs }] of this.#pulls)
      if (outcome !== null && nowMs - endedMs > OUTCOME_MS) this.#pulls.delete(key)
    for (const [digest, untilMs] of this.#promised)
      if (untilMs < nowMs) this.#promised.delete(digest)
  }

  #begin(key: string, reference: ImageReference, login: RegistryLogin | null): UnderWay {
    const progress: PullProgress = { bytesDone: 0, bytesTotal: null }
    const pull: UnderWay = { progress, outcome: null, endedMs: 0, askedMs: monotonicMs() }
    this.#pulls.set(key, pull)
    const abandoned = new AbortController()
    const watch = setInterval(() => {
      if (monotonicMs() - pull.askedMs > ABANDONED_MS) abandoned.abort()
    }, ABANDONED_LOOK_MS).unref()
    const [store, terms, signal] = [this.#store, this.#terms, abandoned.signal]
    void pullImage({ reference, store, terms, progress, login, signal })
      .then(
        (image) => this.ready(image, progress.bytesDone),
        (error: unknown): ImageState => ({
          kind: 'failed',
          text: describeFailure(reference, error),
        }),
      )
      .then((outcome) => Object.assign(pull, { outcome, endedMs: monotonicMs() }))
      .finally(() => clearInterval(watch))
      .then(() => store.tidy(new Set(this.#promised.keys())))
      .catch(() => undefined /* What cannot be tidied now is tidied after the next pull. */)
    return pull
  }
}

/** Only who shows the same joins a pull, and hears what came of it. */
function pullKey(reference: ImageReference, login: RegistryLogin | null): string {
  const name = renderImageReference(reference)
  if (login === null) return name
  const shown = JSON.stringify([login.username, login.password])
  return `${name} ${createHash('sha256').update(shown).digest('hex')}`
}

function underWay({ bytesDone, bytesTotal }: PullProgress): ImageState {
  const share = bytesTotal ? Math.floor((100 * bytesDone) / bytesTotal) : 0
  const text =
    bytesTotal === null ? 'its registry is asked' : `${share} % of ${renderMebibytes(bytesTotal)}`
  return { kind: 'pulling', bytesTotal, text }
}
