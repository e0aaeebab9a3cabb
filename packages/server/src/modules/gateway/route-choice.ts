/**
 * Which server to try next, and why that one. Everything it may go by is in the snapshot, and a choice reads nothing
 * else: so it can be made again, and a simulation makes the same.
 */
import type { RouteConstraints, RouteDocument, RoutePreference } from '@spillway/contract'
import { add, greatest, picos, rate, type Price } from '#kernel/money.ts'
import { type Breaker, CLOSED, stateOf } from './breaker.ts'
import { homeOf } from './prefix.ts'
import {
  type Candidate,
  type CandidateGroup,
  type Exclusion,
  exclusionOf,
  isMeant,
  isNamed,
  type RequestFacts,
  serversOf,
} from './route-filter.ts'
import type { Route, Target } from './route.ts'
import type { ServerLoad } from './server-load.ts'

/** How busy a target is, how it did lately, and until when it is avoided after a failure. */
export interface TargetLoad {
  readonly inFlight: number
  /** It just failed once: until then it is asked last. */
  readonly avoidUntilMs: number
  readonly breaker: Breaker
  /** What it says of itself; null: nothing. */
  readonly own: ServerLoad | null
  /** Of streams, until something came, smoothed; null: never measured. */
  readonly firstOutputMs: number | null
  /** The same of answers in one piece. */
  readonly answerMs: number | null
}

/** What a request may be routed by, beyond the route's own servers. */
export interface RoutingWish {
  readonly facts: RequestFacts
  /** Of the document, the project and the request. All of them hold. */
  readonly constraints: readonly RouteConstraints[]
  readonly preference: Pick<RoutePreference, 'order' | 'sort'> | null
}

/** What a request is routed by, with what its document says of tries. */
export interface Wish extends RoutingWish {
  /** What of the constraints the request said itself. */
  readonly said: readonly RouteConstraints[]
  readonly kind: 'wish'
  readonly document: RouteDocument | null
  readonly attemptsMax: number
}

/** All that a choice may go by. */
export interface RoutingSnapshot {
  readonly route: Route
  /** Of other models, which may stand in. */
  readonly find: (model: string) => Route | null
  /** Null: no document, no constraint and no preference is in play. */
  readonly wish: RoutingWish | null
  readonly load: (id: string) => TargetLoad | undefined
  /** Tried already for this request. */
  readonly tried: readonly string[]
  readonly nowMs: number
  /** Counts up with every choice, so that equals take turns and weights are kept. */
  readonly turn: number
}

export type RoutingReason =
  | 'only_one'
  | 'least_busy'
  | 'weighted'
  | 'cheapest'
  | 'fastest'
  | 'prefix'
  | 'preferred'
  /** The one asked first was slow. */
  | 'hedge'
  | 'failed_lately'
  | 'none_left'

export interface RoutingDecision {
  /** Null: none is left to try. */
  readonly target: Target | null
  /** The model that the target answers for, and at whose price. */
  readonly route: Route
  /** Of the document; null without one. */
  readonly group: string | null
  readonly reason: RoutingReason
}

export const IDLE: TargetLoad = {
  inFlight: 0,
  avoidUntilMs: 0,
  breaker: CLOSED,
  own: null,
  firstOutputMs: null,
  answerMs: null,
}

/** What may answer, and what stands against the others. */
export interface Allowance {
  readonly groups: readonly CandidateGroup[]
  readonly excluded: ReadonlySet<Exclusion>
}

/** The servers that may answer, group by group, before it is asked how busy they are. */
export function allow({ route, find, wish }: Pick<RoutingSnapshot, 'route' | 'find' | 'wish'>) {
  const groups = groupsOf(route, wish, find)
  const excluded = new Set<Exclusion>()
  const allowed = groups.map((group) => ({
    ...group,
    candidates: group.candidates.filter((candidate) => {
      const why = wish ? exclusionOf(candidate, constraintsOn(candidate, route, wish)) : null
      if (why) excluded.add(why)
      return why === null
    }),
  }))
  return { groups: allowed, excluded } satisfies Allowance
}

/** What stands in for a model keeps to its own document as well. */
function constraintsOn(candidate: Candidate, asked: Route, { constraints }: RoutingWish) {
  const own = candidate.route.policy?.document.constraints
  return candidate.route === asked || !own ? constraints : [...constraints, own]
}

function groupsOf(
  route: Route,
  wish: RoutingWish | null,
  find: RoutingSnapshot['find'],
): readonly CandidateGroup[] {
  if (route.policy === null || wish === null) {
    const candidates = route.targets.map((target) => ({ target, route, weight: 1 }))
    return [{ name: '', objective: 'least_busy', candidates }]
  }
  return route.policy.document.groups
    .filter(({ when }) => isMeant(when, wish.facts))
    .map((group) => ({
      name: group.name,
      objective: group.objective,
      candidates: serversOf(group, route, find),
    }))
}

/**
 * The target to try: allowed, not tried yet for this request, of the first group that has one which did not just fail;
 * in it by the group's objective. A target that just failed is still better than none.
 */
export function chooseTarget(snapshot: RoutingSnapshot): RoutingDecision {
  const { route, wish } = snapshot
  if (wish === null) return chooseAmong(snapshot, route.targets)
  const groups = allow(snapshot).groups.map((group) => ({
    ...group,
    candidates: group.candidates.filter(({ target }) => isLeft(snapshot, target)),
  }))
  for (const isPatient of [false, true])
    for (const group of groups) {
      const able = group.candidates.filter(
        ({ target }) => isPatient || !isAvoided(snapshot, target),
      )
      const chosen = pick(snapshot, wish, { ...group, candidates: able })
      if (!chosen) continue
      const { target, reason } = chosen
      const why = isPatient ? 'failed_lately' : reason
      return { target: target.target, route: target.route, group: group.name || null, reason: why }
    }
  return { target: null, route, group: null, reason: 'none_left' }
}

/** The common case: no rules at all, so nothing is made for it. */
function chooseAmong(snapshot: RoutingSnapshot, targets: readonly Target[]): RoutingDecision {
  const { route, load, turn } = snapshot
  let best: Target | null = null
  let bestRank = Infinity
  for (let index = 0; index < targets.length; index++) {
    const target = targets[(index + turn) % targets.length] as Target
    if (!isLeft(snapshot, target)) continue
    const { inFlight } = load(target.id) ?? IDLE
    const rank = inFlight + (isAvoided(snapshot, target) ? AVOIDED : 0)
    if (rank < bestRank) [best, bestRank] = [target, rank]
  }
  const answer = { target: best, route, group: null }
  if (best === null) return { ...answer, reason: 'none_left' }
  if (bestRank >= AVOIDED) return { ...answer, reason: 'failed_lately' }
  return { ...answer, reason: targets.length === 1 ? 'only_one' : 'least_busy' }
}

const AVOIDED = 1e9

/** Not tried yet; and one whose breaker is open is asked for a first try at most, never for one more. */
function isLeft({ load, tried, nowMs }: RoutingSnapshot, { id }: Target): boolean {
  if (tried.length === 0) return true
  return !tried.includes(id) && stateOf((load(id) ?? IDLE).breaker, nowMs) !== 'open'
}

/** It just failed, its breaker is open, or half open with its probe under way. */
function isAvoided({ load, nowMs }: RoutingSnapshot, { id }: Target): boolean {
  const { avoidUntilMs, breaker } = load(id) ?? IDLE
  if (avoidUntilMs > nowMs) return true
  if (breaker.openUntilMs === null) return false
  return stateOf(breaker, nowMs) === 'open' || breaker.isProbing
}

/** Requests there, waiting ones as it tells them, and more when its memory is nearly full. */
function busyness({ inFlight, own }: TargetLoad): number {
  if (own === null) return inFlight
  return inFlight + own.waiting + Math.max(0, own.kvUse - KV_FULL) * KV_PRESSURE
}

const KV_FULL = 0.9
/** With its memory full it is as if ten more were there. */
const KV_PRESSURE = 100

interface Picked {
  readonly target: Candidate
  readonly reason: RoutingReason
}

function pick(
  snapshot: RoutingSnapshot,
  { preference, facts }: RoutingWish,
  { candidates, objective }: CandidateGroup,
): Picked | null {
  const [first] = candidates
  if (first === undefined) return null
  if (candidates.length === 1) return { target: first, reason: 'only_one' }
  for (const name of preference?.order ?? []) {
    const named = candidates.filter(({ target }) => isNamed(target, [name]))
    if (named.length > 0) return { target: leastBusy(snapshot, named), reason: 'preferred' }
  }
  if (preference?.sort === 'price')
    return { target: leastBy(snapshot, candidates, priceOf), reason: 'cheapest' }
  if (preference?.sort === 'latency' || objective === 'latency')
    return { target: leastBy(snapshot, candidates, latencyIn(snapshot, facts)), reason: 'fastest' }
  if (objective === 'cost')
    return { target: leastBy(snapshot, candidates, costOf(facts)), reason: 'cheapest' }
  if (objective === 'prefix_affinity' && facts.prefix !== null)
    return { target: byPrefix(snapshot, candidates, facts.prefix), reason: 'prefix' }
  if (objective === 'weighted')
    return { target: byWeight(candidates, snapshot.turn), reason: 'weighted' }
  return { target: leastBusy(snapshot, candidates), reason: 'least_busy' }
}

/** The fewest requests in flight for its weight; among equals the one at `turn`. */
function leastBusy({ load, turn }: RoutingSnapshot, candidates: readonly Candidate[]): Candidate {
  let best = candidates[turn % candidates.length] as Candidate
  let bestRank = Infinity
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[(index + turn) % candidates.length] as Candidate
    const rank = busyness(load(candidate.target.id) ?? IDLE) / candidate.weight
    if (rank < bestRank) [best, bestRank] = [candidate, rank]
  }
  return best
}

/** The least by a figure; the least busy among those that are equal in it. */
function leastBy(
  snapshot: RoutingSnapshot,
  candidates: readonly Candidate[],
  figureOf: (candidate: Candidate) => bigint | number,
): Candidate {
  const figures = candidates.map(figureOf)
  const least = figures.reduce((a, b) => (b < a ? b : a))
  return leastBusy(
    snapshot,
    candidates.filter((_, index) => figures[index] === least),
  )
}

/** What a thousand tokens in and out cost the buyer. */
function priceOf({ route }: Candidate): bigint {
  const thousand = ({ amount, per }: Price) => (amount * 1000n) / per
  return thousand(route.inputPrice) + thousand(route.outputPrice)
}

/** What such a request costs the operator: as much out as in. What is not known is dearer than all that is. */
function costOf({ inputTokens }: RequestFacts): (candidate: Candidate) => bigint {
  const tokens = BigInt(Math.max(1, inputTokens))
  return ({ target: { cost } }) => {
    if (cost === null) return UNKNOWN_COST
    const total = greatest(picos(0n), add(cost.input, cost.output))
    return rate({ amount: total, per: 1_000_000n, unit: 'token' }, tokens)
  }
}

const UNKNOWN_COST = 10n ** 40n

/** One that was never measured is tried first, so that it is. */
function latencyIn(
  { load }: RoutingSnapshot,
  { isStream }: RequestFacts,
): (candidate: Candidate) => number {
  return ({ target }) => {
    const { firstOutputMs, answerMs } = load(target.id) ?? IDLE
    return Math.round((isStream ? firstOutputMs : answerMs) ?? 0)
  }
}

/** Where the same beginning went before, unless that one has more to do than its share. */
function byPrefix(
  { load }: RoutingSnapshot,
  candidates: readonly Candidate[],
  prefix: number,
): Candidate {
  const servers = candidates.map(({ target: { id }, weight }) => ({
    ...{ id, weight, busy: busyness(load(id) ?? IDLE) },
  }))
  return candidates[homeOf(prefix, servers)] as Candidate
}

/** Over many turns each gets its share, spread evenly: multiples of the golden ratio fill the unit without clumps. */
function byWeight(candidates: readonly Candidate[], turn: number): Candidate {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  let left = ((turn * GOLDEN) % 1) * total
  for (const candidate of candidates) {
    left -= candidate.weight
    if (left < 0) return candidate
  }
  return candidates.at(-1) as Candidate
}

const GOLDEN = 0.618_033_988_749_894_8
