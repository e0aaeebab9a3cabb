/** Routes and prices in memory, and how busy each target is. An old table serves until a new one could be read. */
import type { Needs } from './frame/needs.ts'
import {
  chooseTarget,
  type Route,
  type RoutingDecision,
  type Target,
  type TargetLoad,
} from './route.ts'

export interface RouteTableDeps {
  readonly load: () => Promise<readonly Route[]>
  /** Milliseconds on a clock that only goes forward. */
  readonly nowMs: () => number
  readonly onFailure: (failure: unknown) => void
  /** Told when the set of servers changes, so that connections to those gone can be closed. */
  readonly onTargets: (urls: ReadonlySet<string>) => void
}

/** How long a target that failed is tried last. */
const AVOID_MS = 2000

export class RouteTable {
  readonly #deps: RouteTableDeps
  readonly #loads = new Map<string, TargetLoad>()
  #routes: ReadonlyMap<string, Route> | null = null
  #refresh: Promise<void> | null = null
  #isStale = false
  #turn = 0

  constructor(deps: RouteTableDeps) {
    this.#deps = deps
  }

  /** False until a first table could be read: then a model's absence says nothing. */
  get isLoaded(): boolean {
    return this.#routes !== null
  }

  find(model: string): Route | null {
    return this.#routes?.get(model) ?? null
  }

  list(): readonly Route[] {
    return [...(this.#routes?.values() ?? [])]
  }

  /** Reads the table again. Calls during a reading share one more after it, since they may know of something newer. */
  refresh(): Promise<void> {
    this.#isStale = true
    this.#refresh ??= this.#readUntilFresh().finally(() => {
      this.#refresh = null
    })
    return this.#refresh
  }

  /** Which target to try next for a request, and why that one. */
  choose(
    { targets }: Route,
    { needs, tried }: { readonly needs: Needs; readonly tried: readonly string[] },
  ): RoutingDecision {
    this.#turn = (this.#turn + 1) % 1_000_003
    const load = (id: string) => this.#loads.get(id)
    return chooseTarget({
      targets,
      load,
      needs,
      tried,
      nowMs: this.#deps.nowMs(),
      turn: this.#turn,
    })
  }

  begin({ id }: Target): void {
    const { inFlight, avoidUntilMs } = this.#loadOf(id)
    this.#loads.set(id, { inFlight: inFlight + 1, avoidUntilMs })
  }

  end({ id }: Target, outcome: 'answered' | 'failed'): void {
    const { inFlight, avoidUntilMs } = this.#loadOf(id)
    const until = outcome === 'failed' ? this.#deps.nowMs() + AVOID_MS : avoidUntilMs
    this.#loads.set(id, { inFlight: inFlight - 1, avoidUntilMs: until })
  }

  #loadOf(id: string): TargetLoad {
    return this.#loads.get(id) ?? { inFlight: 0, avoidUntilMs: 0 }
  }

  async #readUntilFresh(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      try {
        this.#take(await this.#deps.load())
      } catch (failure) {
        this.#deps.onFailure(failure)
      }
    }
  }

  #take(routes: readonly Route[]): void {
    this.#routes = new Map(routes.map((route) => [route.model, route]))
    const targets = routes.flatMap((route) => route.targets)
    const ids = new Set(targets.map(({ id }) => id))
    for (const [id, { inFlight }] of this.#loads)
      if (!ids.has(id) && inFlight === 0) this.#loads.delete(id)
    this.#deps.onTargets(new Set(targets.map(({ url }) => url)))
  }
}
