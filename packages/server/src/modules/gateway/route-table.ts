/** Routes and prices in memory, and how busy each target is. An old table serves until a new one could be read. */
import type { RouteConstraints } from '@spillway/contract'
import { beginTry, type Breaker, type BreakerState, endTry, stateOf } from './breaker.ts'
import { HedgeTimes } from './hedge.ts'
import { earn, FULL_BUDGET, type RetryBudget, spend } from './route-budget.ts'
import {
  chooseTarget,
  IDLE,
  type RoutingDecision,
  type TargetLoad,
  type Wish,
} from './route-choice.ts'
import type { ProjectAccess, Route, RoutingTable, Target } from './route.ts'
import type { ServerLoad } from './server-load.ts'
import type { TryOutcome } from './trail.ts'

export interface RouteTableDeps {
  readonly load: () => Promise<RoutingTable>
  /** Milliseconds on a clock that only goes forward. */
  readonly nowMs: () => number
  readonly onFailure: (failure: unknown) => void
  /** Told when the set of servers changes, so that connections to those gone can be closed. */
  readonly onTargets: (urls: ReadonlySet<string>) => void
  /** Told when a server's breaker opens, opens again after a probe, or closes. */
  readonly onBreaker?: (change: BreakerChange) => void
}

export interface BreakerChange {
  readonly target: Target
  /** One that it answers for. */
  readonly model: string
  /** Until single requests probe it; null: it is closed. */
  readonly openForMs: number | null
  /** It was closed before. */
  readonly isFirst: boolean
}

const NO_ALIASES: ReadonlyMap<string, string> = new Map()

/** How long a target that failed is tried last. */
const AVOID_MS = 2000

export class RouteTable {
  /** Of models whose route says that a second is asked when the first is slow. */
  readonly hedgeTimes = new HedgeTimes()
  readonly #deps: RouteTableDeps
  readonly #loads = new Map<string, TargetLoad>()
  readonly #budgets = new Map<string, RetryBudget>()
  readonly #loadById = (id: string): TargetLoad | undefined => this.#loads.get(id)
  #projects: ReadonlyMap<string, RouteConstraints> = new Map()
  #aliases: ReadonlyMap<string, string> = NO_ALIASES
  #access: ReadonlyMap<string, ProjectAccess> | undefined
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

  /** By its name, or by another one that stands for it. */
  find(model: string): Route | null {
    return this.#routes?.get(model) ?? this.#findByAlias(model)
  }

  #findByAlias(alias: string): Route | null {
    const model = this.#aliases.get(alias)
    return model === undefined ? null : (this.#routes?.get(model) ?? null)
  }

  /** Rules of a project about models; undefined where there is none. */
  accessOf(projectId: string): ProjectAccess | undefined {
    return this.#access?.get(projectId)
  }

  /** What a project allows; undefined where it never said. */
  constraintsOf(projectId: string): RouteConstraints | undefined {
    return this.#projects.size === 0 ? undefined : this.#projects.get(projectId)
  }

  list(): readonly Route[] {
    return [...(this.#routes?.values() ?? [])]
  }

  /** Other names of models. A model's own name comes first. */
  listAliases(): readonly string[] {
    return [...this.#aliases.keys()].filter((id) => !this.#routes?.has(id))
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
  choose(route: Route, { wish, tried, among }: Choosing): RoutingDecision {
    this.#turn = (this.#turn + 1) % 1_000_003
    return chooseTarget({
      ...{ route, wish, tried },
      find: (model) => among.find((each) => each.model === model) ?? null,
      load: this.#loadById,
      nowMs: this.#deps.nowMs(),
      turn: this.#turn,
    })
  }

  /** A request with a document of tries comes: it earns its share of one. */
  earnTry({ model }: Route, sharePercent: number): void {
    this.#budgets.set(model, earn(this.#budgets.get(model) ?? FULL_BUDGET, sharePercent))
  }

  /** Whether one more try may be made for a model now. */
  takeTry({ model }: Route): boolean {
    const left = spend(this.#budgets.get(model) ?? FULL_BUDGET)
    if (left) this.#budgets.set(model, left)
    return left !== null
  }

  begin({ id }: Target): void {
    const load = this.#loadOf(id)
    const breaker = beginTry(load.breaker, this.#deps.nowMs())
    this.#loads.set(id, { ...load, inFlight: load.inFlight + 1, breaker })
  }

  /** What a server said of its own load; null: it says nothing any more. */
  noteOwnLoad(id: string, own: ServerLoad | null): void {
    this.#loads.set(id, { ...this.#loadOf(id), own })
  }

  /** What a server last said of its own load; null: nothing. */
  ownLoad(id: string): ServerLoad | null {
    return this.#loadOf(id).own
  }

  /** Servers whose breaker is not closed, for the metrics. */
  brokenServers(): readonly { readonly id: string; readonly state: BreakerState }[] {
    const nowMs = this.#deps.nowMs()
    return [...this.#loads].flatMap(([id, { breaker }]) => {
      const state = stateOf(breaker, nowMs)
      return state === 'closed' ? [] : [{ id, state }]
    })
  }

  end(target: Target, { outcome, firstOutputMs, answerMs }: Ended): void {
    const { id } = target
    const load = this.#loadOf(id)
    const nowMs = this.#deps.nowMs()
    const isFailed = FAILURES.has(outcome)
    const isTold = outcome === 'answered' ? 'answered' : isFailed ? 'failed' : 'unknown'
    const isWhole = outcome === 'answered' && firstOutputMs === null
    const breaker = endTry(load.breaker, isTold, nowMs)
    if (breaker.openUntilMs !== load.breaker.openUntilMs) this.#tellBreaker(target, load, breaker)
    this.#loads.set(id, {
      ...load,
      inFlight: load.inFlight - 1,
      avoidUntilMs: isFailed && outcome !== 'broken' ? nowMs + AVOID_MS : load.avoidUntilMs,
      breaker,
      firstOutputMs: smooth(load.firstOutputMs, firstOutputMs),
      answerMs: smooth(load.answerMs, isWhole ? answerMs : null),
    })
  }

  #tellBreaker(target: Target, before: TargetLoad, { openUntilMs }: Breaker): void {
    const route = this.list().find(({ targets }) => targets.some(({ id }) => id === target.id))
    this.#deps.onBreaker?.({
      target,
      model: route?.model ?? target.upstreamModel,
      openForMs: openUntilMs === null ? null : openUntilMs - this.#deps.nowMs(),
      isFirst: before.breaker.openUntilMs === null,
    })
  }

  #loadOf(id: string): TargetLoad {
    return this.#loads.get(id) ?? IDLE
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

  #take({ routes, projects, aliases, access }: RoutingTable): void {
    this.#projects = projects
    this.#aliases = aliases ?? NO_ALIASES
    this.#access = access && access.size > 0 ? access : undefined
    this.#routes = new Map(routes.map((route) => [route.model, route]))
    const targets = routes.flatMap((route) => route.targets)
    const ids = new Set(targets.map(({ id }) => id))
    for (const [id, { inFlight }] of this.#loads)
      if (!ids.has(id) && inFlight === 0) this.#loads.delete(id)
    this.#deps.onTargets(new Set(targets.map(({ url }) => url)))
  }
}

/** How a try ended, and how long things took. */
export interface Ended {
  readonly outcome: TryOutcome
  /** Null: nothing came, or all at once. */
  readonly firstOutputMs: number | null
  readonly answerMs: number
}

/** What is held against a server: neither what the request did wrong nor that the client left. */
const FAILURES: ReadonlySet<TryOutcome> = new Set([
  'failed',
  'timed_out',
  'connection_lost',
  'broken',
])

/** What is asked of a choice, beside the table's own knowledge. */
export interface Choosing {
  readonly wish: Wish | null
  /** At whose prices it may be answered: money is held for these, whatever was set meanwhile. */
  readonly among: readonly Route[]
  readonly tried: readonly string[]
}

/** Of the newest figure so much counts; the rest is what was. */
const NEWEST = 0.2

function smooth(before: number | null, now: number | null): number | null {
  if (now === null) return before
  return before === null ? now : before + NEWEST * (now - before)
}
