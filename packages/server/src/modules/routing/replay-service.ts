/**
 * Runs recorded requests through a route as gateways would: the same filter and the same choice, on a virtual clock.
 * Every server answers, and each request takes as long as it took. What nobody recorded is not made up: prompts are
 * not there, so nothing goes by how they begin.
 */
import type { RouteConstraints, RouteDocument } from '@spillway/contract'
import { type Money, add, rate, ZERO } from '#kernel/money.ts'
import {
  chargeOf,
  chooseTarget,
  IDLE,
  mayStandIn,
  type Quantities,
  type Route,
  type RoutingTable,
  standingOf,
  type Target,
  type Wish,
} from '#modules/gateway/index.ts'

/** A request as it was recorded. */
export interface Recorded {
  readonly organizationId: string
  readonly projectId: string
  readonly atMs: number
  readonly lastedMs: number
  readonly used: Quantities
  readonly tags: readonly string[]
  readonly needs: { readonly tools: boolean; readonly images: boolean }
  /** What it narrowed itself. */
  readonly said: readonly RouteConstraints[]
  readonly preference: Wish['preference']
}

export interface ServerShare {
  readonly target: Target
  readonly route: Route
  requests: number
  charged: Money
  /** Null: what it costs the operator there is not known. */
  cost: Money | null
}

export interface Replay {
  readonly servers: readonly ServerShare[]
  readonly refused: ReadonlyMap<string, number>
}

interface Running {
  readonly id: string
  readonly untilMs: number
}

/** Requests under way at each server, on the clock of the records. */
class VirtualLoad {
  #running: Running[] = []
  readonly #counts = new Map<string, number>()

  readonly of = (id: string) => ({ ...IDLE, inFlight: this.#counts.get(id) ?? 0 })

  passTo(nowMs: number): void {
    const left = this.#running.filter(({ untilMs }) => untilMs > nowMs)
    if (left.length === this.#running.length) return
    for (const { id, untilMs } of this.#running) if (untilMs <= nowMs) this.#change(id, -1)
    this.#running = left
  }

  begin(id: string, untilMs: number): void {
    this.#running.push({ id, untilMs })
    this.#change(id, 1)
  }

  #change(id: string, by: number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + by)
  }
}

function wishOf(
  recorded: Recorded,
  { document, project }: { document: RouteDocument | null; project: RouteConstraints | undefined },
): Wish | null {
  const { organizationId, projectId, tags, needs, said, preference, used, atMs } = recorded
  if (!document && !project && said.length === 0 && preference === null) return null
  return {
    kind: 'wish',
    facts: {
      ...{ organizationId, projectId, tags, needs, inputTokens: used.inputTokens },
      ...{ isStream: true, prefix: null, hourUtc: new Date(atMs).getUTCHours() },
    },
    constraints: [
      ...(document ? [document.constraints] : []),
      ...(project ? [project] : []),
      ...said,
    ],
    ...{ preference, document, said, attemptsMax: 1 },
  }
}

function costOf({ cost }: Target, { inputTokens, outputTokens }: Quantities): Money | null {
  if (cost === null) return null
  const part = (amount: Money, tokens: number) =>
    rate({ amount, per: 1_000_000n, unit: 'token' }, BigInt(tokens))
  return add(part(cost.input, inputTokens), part(cost.output, outputTokens))
}

export interface Replaying {
  readonly model: string
  readonly document: RouteDocument | null
  readonly table: RoutingTable
  readonly requests: readonly Recorded[]
}

export function replay({ model, document, table, requests }: Replaying): Replay {
  const routes = new Map(table.routes.map((each) => [each.model, each]))
  const found = routes.get(model)
  const servers = new Map<string, ServerShare>()
  const refused = new Map<string, number>()
  if (!found) return { servers: [], refused: new Map([['model_not_found', requests.length]]) }
  const route: Route = { ...found, policy: document === null ? null : { version: 0, document } }
  routes.set(model, route)
  const load = new VirtualLoad()
  for (const [turn, recorded] of requests.entries()) {
    load.passTo(recorded.atMs)
    const wish = wishOf(recorded, { document, project: table.projects.get(recorded.projectId) })
    const access = table.access?.get(recorded.projectId)
    const gate = {
      ...{ access, nowMs: () => recorded.atMs },
      find: (name: string) => routes.get(name) ?? null,
    }
    const find = (name: string) => {
      const other = gate.find(name)
      return other && mayStandIn(other, gate) ? other : null
    }
    const chosen = choose({ route, find, wish, load, nowMs: recorded.atMs, turn })
    if ('code' in chosen) refused.set(chosen.code, (refused.get(chosen.code) ?? 0) + 1)
    else {
      load.begin(chosen.target.id, recorded.atMs + recorded.lastedMs)
      count(servers, chosen, recorded.used)
    }
  }
  return { servers: [...servers.values()], refused }
}

interface Choosing {
  readonly route: Route
  readonly find: (model: string) => Route | null
  readonly wish: Wish | null
  readonly load: VirtualLoad
  readonly nowMs: number
  readonly turn: number
}

type Chosen = { readonly target: Target; readonly route: Route } | { readonly code: string }

function choose({ route, find, wish, load, nowMs, turn }: Choosing): Chosen {
  const standing = standingOf({ route, wish, find })
  if (standing.kind === 'refusal') return { code: standing.error.code ?? 'refused' }
  // It would be started, and answer.
  if (standing.kind === 'asleep') return { target: route.ours as Target, route }
  const decision = chooseTarget({ route, find, wish, load: load.of, tried: [], nowMs, turn })
  const { target } = decision
  return target ? { target, route: decision.route } : { code: 'no_allowed_server' }
}

function count(
  servers: Map<string, ServerShare>,
  { target, route }: { readonly target: Target; readonly route: Route },
  used: Quantities,
): void {
  const share = servers.get(target.id) ?? {
    ...{ target, route, requests: 0, charged: ZERO, cost: ZERO },
  }
  servers.set(target.id, share)
  const cost = costOf(target, used)
  share.requests += 1
  share.charged = add(share.charged, chargeOf(route, used))
  share.cost = share.cost === null || cost === null ? null : add(share.cost, cost)
}
