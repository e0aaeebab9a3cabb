/**
 * Models on the simulated market: their replicas are leases that earn by what they serve. How many each has is decided by
 * the live planner, by what they bid against what an hour sells for. Replicas of several GPUs count as one place each,
 * with a bid per GPU-hour; on pools of the installation each has one.
 */
import { greatest, type Money, picos, ZERO } from '#kernel/money.ts'
import type {
  LoadSample,
  ReplicaDecision,
  ScalingDeployment,
  ScalingLine,
  Worth,
} from '#modules/market/index.ts'
import { type HourLine, hourLine } from './hour-line.ts'
import type { LiveMarket } from './live-market.ts'
import type { Stay } from './stay.ts'
import type { TokenDemand } from './tenant.ts'

const HOUR_S = 3_600
const MILLION = 1_000_000n

interface Served {
  asked: number
  served: number
}

type Known = Pick<
  ScalingDeployment,
  'replicasWanted' | 'stance' | 'idleSinceMs' | 'startedMs' | 'drainedMs'
>

export class Replicas {
  readonly id: string
  readonly demand: TokenDemand
  readonly tokens: Served = { asked: 0, served: 0 }
  readonly #market: LiveMarket
  readonly #nextId: () => number
  readonly #stays = new Set<Stay>()
  #samples: LoadSample[] = []
  #measuredS = 0
  #bids: readonly (Money | null)[] = []
  #known: Known = {
    ...{ replicasWanted: 0, stance: null, idleSinceMs: null, startedMs: null, drainedMs: null },
  }

  constructor(
    market: LiveMarket,
    demand: TokenDemand,
    { at, nextId }: { readonly at: number; readonly nextId: () => number },
  ) {
    this.#market = market
    this.id = `${String(at).padStart(2, '0')} ${demand.model}`
    this.demand = demand
    this.#nextId = nextId
  }

  #askedAt(atS: number): number {
    return this.demand.byHour[Math.floor(atS / HOUR_S)] ?? 0
  }

  get #running(): number {
    let count = 0
    for (const { state } of this.#stays) if (state === 'running' || state === 'draining') count++
    return count
  }

  /** What was asked for since the last time, and what was served of it, which is paid. */
  measure(): void {
    const { nowS, nowMs, rules, pools } = this.#market
    const { tokensPerSecondOfReplica: pace, usdPerMillionTokens, pool } = this.demand
    const spanS = nowS - this.#measuredS
    const asked = this.#askedAt(this.#measuredS)
    const replicasReady = this.#running
    const tokensPerSecond = Math.min(asked, replicasReady * pace)
    const served = tokensPerSecond * spanS
    this.tokens.asked += asked * spanS
    this.tokens.served += served
    pools
      .get(pool)
      ?.tally.earned(picos((usdPerMillionTokens * BigInt(Math.round(served))) / MILLION))
    this.#measuredS = nowS
    if (spanS === 0) return
    const sample: LoadSample = {
      ...{ atMs: nowMs, spanMs: spanS * 1_000, requests: asked / pace, tokensPerSecond },
      ...{ replicasReady, isWhole: true },
    }
    const sinceMs = nowMs - rules.bounds.scaling.looksBackMs
    this.#samples = [...this.#samples.filter(({ atMs }) => atMs >= sinceMs), sample]
    const { replicasWanted, idleSinceMs } = this.#known
    this.#known = {
      ...this.#known,
      idleSinceMs: rules.idleSince(idleSinceMs, sample, replicasWanted),
    }
  }

  /** As the live planner is told of it. What one earns and makes is known from the beginning, and it starts at once. */
  get deployment(): ScalingDeployment {
    const { nowS, rules, pools } = this.#market
    const { tokensPerSecondOfReplica: pace, usdPerMillionTokens, gpusPerReplica } = this.demand
    const asked = this.#askedAt(nowS)
    const full = rules.fullEarning({ revenue: usdPerMillionTokens, tokens: MILLION }, pace)
    return {
      ...{ id: this.id, model: this.demand.model, terms: this.demand.terms, ...this.#known },
      samples: this.#samples,
      measure: { places: 1, tokensPerSecondBusy: pace },
      fullEarning: full === null ? null : picos(full / BigInt(gpusPerReplica)),
      energy: pools.get(this.demand.pool)?.plan.marginalUsd ?? ZERO,
      requestsHeld: this.#running === 0 ? Math.ceil(asked / pace) : 0,
      coldStartMs: 0,
    }
  }

  /** What its replicas are worth to others who want their room. */
  get worths(): readonly Worth[] {
    const { gpusPerReplica: gpus, model } = this.demand
    return Array.from({ length: this.#known.replicasWanted }, (_, at): Worth => ({
      ...{ kind: 'serving', name: model, gpus },
      worth: greatest(ZERO, this.#bids[at] ?? ZERO),
    }))
  }

  follow({ from, to, stance, bids }: ReplicaDecision): void {
    const { nowMs } = this.#market
    this.#bids = bids
    this.#known = {
      ...{ ...this.#known, replicasWanted: to, stance },
      ...(to > from ? { startedMs: nowMs } : {}),
      ...(to < from ? { drainedMs: nowMs } : {}),
    }
    for (const stay of this.#stays) if (stay.state === 'ended') this.#stays.delete(stay)
    for (let missing = to - this.#stays.size; missing > 0; missing--) this.#stays.add(this.#start())
    // Those that wait go first, then the newest.
    const inOrder = [...this.#stays]
      .toReversed()
      .toSorted((a, b) => Number(a.run !== null) - Number(b.run !== null))
    for (const stay of inOrder.slice(0, Math.max(0, this.#stays.size - to))) this.#end(stay)
  }

  #start(): Stay {
    const { pool, gpusPerReplica: gpus, model } = this.demand
    return this.#market.submit({
      ...{ id: this.#nextId(), kind: 'serving', pool, buyer: model, gpus, nodes: 1 },
      ...{ submitS: this.#market.nowS, durationS: Infinity, limit: null, promisedS: 0 },
      patienceS: Infinity,
    })
  }

  #end(stay: Stay): void {
    this.#stays.delete(stay)
    if (stay.run === null) this.#market.leave(stay)
    else this.#market.finish(stay)
  }
}

/** The line as so many places for replicas of a size. */
function inReplicas({ worths, gpus, gpusFree, reserve }: HourLine, size: number): ScalingLine {
  return {
    worths: worths.map((each) => ({ ...each, gpus: Math.ceil(each.gpus / size) })),
    ...{ gpus: Math.floor(gpus / size), gpusFree: Math.floor(gpusFree / size), reserve },
  }
}

/** One look at all models: those of one pool and size together, as live; those of another size are others in the line. */
export function scale(market: LiveMarket, all: readonly Replicas[]): void {
  const { rules, pools, nowMs } = market
  for (const each of all) each.measure()
  const groups = Map.groupBy(all, ({ demand }) => `${demand.gpusPerReplica} ${demand.pool}`)
  for (const group of groups.values()) {
    const [first] = group
    const pool = first && pools.get(first.demand.pool)
    if (!pool) continue
    const others = all.filter(
      (each) => each.demand.pool === pool.plan.name && !group.includes(each),
    )
    const line = hourLine(market, pool)
    const worths = [...line.worths, ...others.flatMap((each) => each.worths)]
    const decisions = rules.decideReplicas({
      ...{ nowMs, deployments: group.map(({ deployment }) => deployment) },
      line: inReplicas({ ...line, worths }, first.demand.gpusPerReplica),
      rule: rules.bounds.scaling,
    })
    for (const decision of decisions)
      group.find(({ id }) => id === decision.deploymentId)?.follow(decision)
  }
}
