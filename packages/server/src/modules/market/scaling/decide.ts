/**
 * How many replicas each deployment of a pool shall have: a GPU goes to tokens while the next replica's bid is above what
 * an hour sells for, and back on sale once the last one's is below for long enough. Says why, also when nothing moves.
 * Decides a number only: whose room it becomes is the business of `plan`. Pure.
 */
import { greatest, type Money, picos, ZERO } from '#kernel/money.ts'
import { benchmarkOf, type Worth } from '../clearing/benchmark.ts'
import { type Bidding, type Bids, bidsOf } from './bid.ts'
import { renderWhy, type Why } from './words.ts'

const MILLION = 1_000_000

export interface ScalingTerms {
  /** `fixed`: as many as `replicasMin`, whatever they are worth. */
  readonly policy: 'fixed' | 'autoscale'
  readonly replicasMin: number
  readonly replicasMax: number
  /** With a minimum of zero: nobody having asked for so long, none is kept. */
  readonly idleMs: number
  /** A replica goes once it was worth less for so long; nor does the direction change sooner. */
  readonly steadyMs: number
  /** A bid is above or below a price when it is by so much of it, in millionths. */
  readonly bandPpm: number
}

/** Where a deployment's bids have stood against the prices, and since when. */
export interface Stance {
  readonly kind: 'above' | 'below' | 'within'
  readonly sinceMs: number
}

export interface ScalingDeployment extends Bidding {
  readonly id: string
  readonly model: string
  readonly terms: ScalingTerms
  readonly replicasWanted: number
  /** Requests that wait for a first replica now. */
  readonly requestsHeld: number
  /** Since when nobody has wanted anything of it; null where somebody does, or nobody can tell. */
  readonly idleSinceMs: number | null
  /** Null: never measured. */
  readonly coldStartMs: number | null
  /** As decided last; null where that was too long ago to build on. */
  readonly stance: Stance | null
  readonly startedMs: number | null
  readonly drainedMs: number | null
}

/** Who else wants GPUs of the pool, what is for sale of it, and how much of that is free. */
export interface ScalingLine {
  readonly worths: readonly Worth[]
  readonly gpus: number
  readonly gpusFree: number
  readonly reserve: Money
}

export interface ScalingRule {
  readonly shortMs: number
  readonly longMs: number
  /** A bid has to be above for so long before a replica is started for it. */
  readonly startAfterMs: number
}

export interface ScalingSnapshot {
  readonly nowMs: number
  readonly deployments: readonly ScalingDeployment[]
  readonly line: ScalingLine
  readonly rule: ScalingRule
}

interface Asked {
  readonly price: Money
  readonly basis: 'reserve' | 'demand'
}

export interface ReplicaDecision {
  readonly deploymentId: string
  readonly from: number
  readonly to: number
  readonly why: Why
  readonly text: string
  /** Of the replicas wanted before, by number; null where nobody knows what they earn. */
  readonly bids: readonly (Money | null)[]
  readonly bidNext: Money | null
  /** What one more GPU would sell for. */
  readonly ask: Asked
  /** What the last replica's GPU would sell for. */
  readonly sell: Asked
  readonly stance: Stance
}

/** One deployment while the pool is decided, with what the others leave. */
interface Desk {
  readonly deployment: ScalingDeployment
  readonly bids: Bids
  readonly nowMs: number
  readonly rule: ScalingRule
  readonly gpusFree: number
  /** What one more GPU sells for when this deployment has so many. */
  readonly ask: (replicas: number) => Asked
  readonly isFull: (replicas: number) => boolean
  /** Whether others want more than what is left for them. */
  readonly isScarce: boolean
}

function shifted(price: Money, ppm: number): Money {
  return picos((price * BigInt(MILLION + ppm)) / BigInt(MILLION))
}

/** What a bid has to be above for a start: the price, the band, and the time that is paid for before anything is earned. */
function entryPrice({ deployment, ask }: Desk, replicas: number): Money {
  const { terms, coldStartMs } = deployment
  const stayMs = Math.max(terms.idleMs, terms.steadyMs, 1)
  const lostMs = Math.min(coldStartMs ?? 0, Math.floor(stayMs / 2))
  const price = shifted(ask(replicas).price, terms.bandPpm)
  return picos((price * BigInt(stayMs)) / BigInt(stayMs - lostMs))
}

function isWorthStarting(desk: Desk, replicas: number): boolean {
  const bid = desk.bids.toStart(replicas + 1)
  return bid !== null && !desk.isFull(replicas) && bid > entryPrice(desk, replicas)
}

function isWorthLess({ deployment, bids, ask }: Desk, replicas: number): boolean {
  const bid = bids.toKeep(replicas)
  return bid !== null && bid < shifted(ask(replicas - 1).price, -deployment.terms.bandPpm)
}

function stanceNow(desk: Desk): Stance {
  const { deployment, nowMs } = desk
  const { replicasWanted: have, terms, stance } = deployment
  const kind =
    have < terms.replicasMax && isWorthStarting(desk, have)
      ? 'above'
      : have > terms.replicasMin && isWorthLess(desk, have)
        ? 'below'
        : 'within'
  return stance?.kind === kind ? stance : { kind, sinceMs: nowMs }
}

interface Choice {
  readonly to: number
  readonly why: Why
}

/** Doubles at most. */
function start(desk: Desk): Choice {
  const { replicasWanted: have, terms } = desk.deployment
  const most = Math.min(terms.replicasMax, Math.max(1, 2 * have))
  let to = have + 1
  while (to < most && isWorthStarting(desk, to)) to++
  return { to, why: 'worth_more' }
}

/** Halves at most. */
function drain(desk: Desk): Choice {
  const { replicasWanted: have, terms } = desk.deployment
  const least = Math.max(terms.replicasMin, Math.floor(have / 2))
  let to = have - 1
  while (to > least && isWorthLess(desk, to)) to--
  return { to, why: 'worth_less' }
}

function isSettled({ deployment, nowMs }: Desk, since: readonly (number | null)[]): boolean {
  return since.every((ms) => ms === null || nowMs - ms >= deployment.terms.steadyMs)
}

/** Nobody asked for so long that none is kept. */
function isIdle({ deployment, nowMs }: Desk): boolean {
  const { terms, idleSinceMs, replicasWanted, startedMs, requestsHeld } = deployment
  if (replicasWanted === 0 || terms.replicasMin > 0 || requestsHeld > 0) return false
  const fromMs = Math.max(idleSinceMs ?? nowMs, startedMs ?? 0)
  return nowMs - fromMs >= terms.idleMs
}

/** The last of a model that may have none goes by its idle time while there is room enough for everybody. */
function isSpared({ deployment, isScarce }: Desk): boolean {
  const { replicasWanted, terms } = deployment
  return replicasWanted === 1 && terms.replicasMin === 0 && !isScarce
}

/** From nothing to the first, for somebody who waits: free room is enough, others' room has to be worth it. */
function wake(desk: Desk): Choice {
  if (desk.gpusFree > 0 || isWorthStarting(desk, 0)) return { to: 1, why: 'asked' }
  return { to: 0, why: desk.deployment.fullEarning === null ? 'asked_unknown' : 'asked_no_room' }
}

function choose(desk: Desk, stance: Stance): Choice {
  const { deployment, nowMs, rule } = desk
  const { replicasWanted: have, terms, startedMs, drainedMs, requestsHeld } = deployment
  const stay = (why: Why): Choice => ({ to: have, why })
  const bounded = Math.min(terms.replicasMax, Math.max(terms.replicasMin, have))
  if (bounded !== have) return { to: bounded, why: 'bounds' }
  if (terms.policy === 'fixed') return stay('fixed')
  // From nothing, nobody is served by what was wanted a while ago.
  if (have === 0) return requestsHeld > 0 ? wake(desk) : stay('asleep')
  if (isIdle(desk)) return { to: 0, why: 'idle' }
  if (stance.kind === 'above') {
    if (!isSettled(desk, [drainedMs])) return stay('settling')
    return nowMs - stance.sinceMs >= rule.startAfterMs ? start(desk) : stay('rising')
  }
  if (stance.kind === 'below') {
    if (isSpared(desk)) return stay('spared')
    return isSettled(desk, [stance.sinceMs, startedMs, drainedMs]) ? drain(desk) : stay('falling')
  }
  return stay(deployment.fullEarning === null ? 'unknown' : 'within')
}

function decideOne(desk: Desk): ReplicaDecision {
  const { deployment, bids, ask } = desk
  const { id, replicasWanted: from } = deployment
  const stance = stanceNow(desk)
  const { to, why } = choose(desk, stance)
  const told = {
    ...{ deploymentId: id, from, to, why, stance },
    bids: Array.from({ length: from }, (_, index) => bids.toKeep(index + 1)),
    bidNext: bids.toStart(from + 1),
    ask: ask(from),
    sell: ask(Math.max(0, from - 1)),
  }
  return { ...told, text: renderWhy(told, deployment) }
}

/** The worth of replicas to the line: those that nobody can value are worth nothing to it. */
function worthsOfReplicas(model: string, bids: Bids, replicas: number): readonly Worth[] {
  return Array.from({ length: replicas }, (_, index) => ({
    ...{ kind: 'serving' as const, name: model, gpus: 1 },
    worth: greatest(ZERO, bids.toKeep(index + 1) ?? ZERO),
  }))
}

interface Bidder {
  readonly deployment: ScalingDeployment
  readonly bids: Bids
}

function compareBidders(a: Bidder, b: Bidder): number {
  const next = ({ deployment, bids }: Bidder) => bids.toStart(deployment.replicasWanted + 1)
  const [left, right] = [next(a), next(b)]
  if (left !== right) {
    if (left === null || right === null) return left === null ? 1 : -1
    return left > right ? -1 : 1
  }
  return a.deployment.id < b.deployment.id ? -1 : 1
}

/** Decides for every deployment of a pool, the highest next bid first; each sees what those before it took. */
export function decideReplicas(snapshot: ScalingSnapshot): readonly ReplicaDecision[] {
  const { nowMs, deployments, line, rule } = snapshot
  const bidders = deployments
    .map((deployment) => ({ deployment, bids: bidsOf(deployment, { nowMs, ...rule }) }))
    .toSorted(compareBidders)
  const has = new Map(deployments.map(({ id, replicasWanted }) => [id, replicasWanted]))
  let { gpusFree } = line
  return bidders.map(({ deployment, bids }) => {
    const others = bidders.flatMap((other) =>
      other.deployment.id === deployment.id
        ? []
        : worthsOfReplicas(
            other.deployment.model,
            other.bids,
            has.get(other.deployment.id) ?? other.deployment.replicasWanted,
          ),
    )
    const worths = [...line.worths, ...others]
    const ask = (replicas: number): Asked =>
      benchmarkOf(worths, { gpus: line.gpus - replicas, reserve: line.reserve })
    const isFull = (replicas: number) => line.gpus - replicas <= 0
    const wanted = worths.reduce((sum, { gpus }) => sum + gpus, 0)
    const isScarce = wanted > line.gpus - deployment.replicasWanted
    const decision = decideOne({ deployment, bids, nowMs, rule, gpusFree, ask, isFull, isScarce })
    has.set(deployment.id, decision.to)
    gpusFree = Math.max(0, gpusFree - Math.max(0, decision.to - decision.from))
    return decision
  })
}
