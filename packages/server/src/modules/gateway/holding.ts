/**
 * Requests for a model that sleeps: the first wakes it, and all are held for a while, with no money held meanwhile, until
 * a server answers for it. Whoever decides on replicas is told how many wait; what cannot wait is refused.
 */
import type { Route } from './route.ts'

export interface HoldingDeps {
  /** Says how many requests wait for a model. May fail; it is said again. */
  readonly tell: (model: string, requests: number) => Promise<void>
  readonly delay: (ms: number) => Promise<void>
  readonly onFailure: (failure: unknown) => void
  readonly heldMs: number
  readonly heldMax: number
  /** A request that is refused at once counts as waiting for so long. */
  readonly countedMs: number
}

/** Calls back when the client goes away. */
export type OnGone = (listener: () => void) => void

interface Waiter {
  readonly model: string
  readonly leave: (route: Route | null) => void
}

interface Telling {
  isRunning: boolean
  isChanged: boolean
}

export class Holding {
  readonly #deps: HoldingDeps
  readonly #find: (model: string) => Route | null
  readonly #waiters = new Set<Waiter>()
  readonly #counts = new Map<string, number>()
  readonly #tellings = new Map<string, Telling>()

  constructor(deps: HoldingDeps, find: (model: string) => Route | null) {
    this.#deps = deps
    this.#find = find
  }

  get size(): number {
    return this.#waiters.size
  }

  /** The route once a server answers for the model; null when that takes longer than a client should wait. */
  hold({ model, coldStartMs }: Route, onGone: OnGone): Promise<Route | null> {
    const { heldMs, heldMax, countedMs, delay } = this.#deps
    this.#count(model, 1)
    if ((coldStartMs ?? 0) > heldMs || this.#waiters.size >= heldMax) {
      void delay(countedMs).then(() => this.#count(model, -1))
      return Promise.resolve(null)
    }
    return new Promise((resolve) => {
      const leave = (route: Route | null) => {
        if (!this.#waiters.delete(waiter)) return
        this.#count(model, -1)
        resolve(route)
      }
      const waiter: Waiter = { model, leave }
      this.#waiters.add(waiter)
      onGone(() => leave(null))
      void delay(heldMs).then(() => leave(null))
    })
  }

  /** Routes have changed: whoever waited for one of them goes on. */
  look(): void {
    for (const { model, leave } of this.#waiters) {
      const route = this.#find(model)
      if (route === null || route.targets.length > 0 || !route.isWakeable) leave(route)
    }
  }

  /** Nobody is held any longer. */
  end(): void {
    for (const { leave } of this.#waiters) leave(null)
  }

  /** Says again what waits; a gateway that does not is taken for one that holds nothing. */
  remind(): void {
    for (const model of this.#counts.keys()) void this.#tell(model)
  }

  #count(model: string, by: number): void {
    const count = (this.#counts.get(model) ?? 0) + by
    if (count > 0) this.#counts.set(model, count)
    else this.#counts.delete(model)
    void this.#tell(model)
  }

  /** One after another for each model, and the last says what is so then. */
  async #tell(model: string): Promise<void> {
    const telling = this.#tellings.get(model) ?? { isRunning: false, isChanged: false }
    this.#tellings.set(model, telling)
    telling.isChanged = true
    if (telling.isRunning) return
    telling.isRunning = true
    while (telling.isChanged) {
      telling.isChanged = false
      try {
        await this.#deps.tell(model, this.#counts.get(model) ?? 0)
      } catch (failure) {
        this.#deps.onFailure(failure)
      }
    }
    this.#tellings.delete(model)
  }
}
