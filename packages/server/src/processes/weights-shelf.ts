/**
 * Where each deployment's weights are. A reference is resolved in the background; while it loads, the deployment says
 * how far it has come. A hub that cannot be reached is stood in for by the toy, loudly, until it can be reached.
 */
import type { Logger } from 'pino'
import type { Deployment, Weights } from '#modules/serving/index.ts'

export interface WeightsShelfDeps {
  readonly log: Logger
  /** Without a reference the weights are the toy's. */
  readonly resolve: (
    deployment: Deployment,
    onProgress: (text: string) => void,
  ) => Promise<
    | { readonly kind: 'found'; readonly path: string }
    | { readonly kind: 'unreachable'; readonly text: string }
    | { readonly kind: 'refused'; readonly text: string }
  >
  /** The toy serves in the place of the model's own weights, because of this; null: its own weights do after all. */
  readonly onStandIn: (deployment: Deployment, why: string | null) => Promise<void>
}

/** A refused reference is looked at again after this long: the file may have been put there meanwhile. */
const RETRY_REFUSED_MS = 10_000
const RETRY_HUB_MS = 60_000

class Place {
  readonly #deps: WeightsShelfDeps
  readonly #deployment: Deployment
  #weights: Weights = { kind: 'loading', text: 'Looks for its weights.' }
  /** What was last said of them; the same is not said twice. */
  #said = ''

  constructor(deps: WeightsShelfDeps, deployment: Deployment) {
    this.#deps = deps
    this.#deployment = deployment
    void this.#look()
  }

  get weights(): Weights {
    return this.#weights
  }

  async #look(): Promise<void> {
    const retryMs = await this.#lookOnce().catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : 'unknown'
      this.#refuse(`Its weights could not be read: ${why}`)
      return RETRY_REFUSED_MS
    })
    if (retryMs !== null) setTimeout(() => void this.#look(), retryMs).unref()
  }

  /** How long until it has to be looked again; null: they are found. */
  async #lookOnce(): Promise<number | null> {
    const outcome = await this.#deps.resolve(this.#deployment, (text) => this.#onProgress(text))
    if (outcome.kind === 'refused') {
      this.#refuse(outcome.text)
      return RETRY_REFUSED_MS
    }
    if (outcome.kind === 'unreachable') return this.#standIn(outcome.text)
    if (this.#weights.kind === 'ready' && this.#weights.standsIn !== null)
      await this.#deps.onStandIn(this.#deployment, null)
    if (this.#said !== '') this.#say('warn', 'its weights are there now')
    this.#weights = { kind: 'ready', path: outcome.path, standsIn: null }
    return null
  }

  /** What serves already goes on while better weights load. */
  #onProgress(text: string): void {
    if (this.#weights.kind !== 'ready') this.#weights = { kind: 'loading', text }
  }

  #refuse(text: string): void {
    this.#say('error', text)
    this.#weights = { kind: 'failed', text }
  }

  async #standIn(why: string): Promise<number> {
    const { resolve, onStandIn } = this.#deps
    const text = `A toy stands in for ${this.#deployment.weights ?? 'its weights'}, because ${why} The hub is asked again every minute.`
    this.#say('error', text)
    if (this.#weights.kind === 'ready') return RETRY_HUB_MS
    const toy = await resolve({ ...this.#deployment, weights: null }, () => undefined)
    if (toy.kind !== 'found') throw new Error(toy.text)
    await onStandIn(this.#deployment, why)
    this.#weights = { kind: 'ready', path: toy.path, standsIn: text }
    return RETRY_HUB_MS
  }

  #say(level: 'error' | 'warn', text: string): void {
    if (text === this.#said) return
    this.#said = text
    this.#deps.log[level]({ model: this.#deployment.model }, text)
  }
}

/** Answers at once with what is known, and starts finding out when nothing is. */
export function createWeightsShelf(deps: WeightsShelfDeps): (deployment: Deployment) => Weights {
  const places = new Map<string, Place>()
  return (deployment) => {
    const key = `${deployment.id} ${deployment.weights ?? ''}`
    const place = places.get(key) ?? new Place(deps, deployment)
    places.set(key, place)
    return place.weights
  }
}
