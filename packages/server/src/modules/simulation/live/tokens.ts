/** Replicas that follow the demand for tokens: each is a lease of the live market, and earns by what it serves. Pure. */
import { type Money, picos, subtract, ZERO } from '#kernel/money.ts'
import type { LiveMarket } from './live-market.ts'
import type { Stay } from './stay.ts'
import type { TokenDemand } from './tenant.ts'

export const SCALE_EVERY_S = 300
const HOUR_S = 3_600
const MILLION = 1_000_000n

interface Served {
  asked: number
  served: number
}

export class Replicas {
  readonly demand: TokenDemand
  readonly tokens: Served = { asked: 0, served: 0 }
  readonly #market: LiveMarket
  readonly #nextId: () => number
  readonly #stays = new Set<Stay>()

  constructor(market: LiveMarket, demand: TokenDemand, nextId: () => number) {
    this.#market = market
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

  /** What was served since the last time is paid; then as many replicas as the demand of now needs. */
  scale(): void {
    const { nowS, windowS, pools } = this.#market
    const { tokensPerSecondOfReplica, usdPerMillionTokens } = this.demand
    const asked = this.#askedAt(nowS)
    if (nowS < windowS) {
      const served = Math.min(asked, this.#running * tokensPerSecondOfReplica) * SCALE_EVERY_S
      this.tokens.asked += asked * SCALE_EVERY_S
      this.tokens.served += served
      pools
        .get(this.demand.pool)
        ?.tally.earned(picos((usdPerMillionTokens * BigInt(Math.round(served))) / MILLION))
    }
    this.#follow(Math.ceil(asked / tokensPerSecondOfReplica))
  }

  #follow(replicas: number): void {
    for (const stay of this.#stays) if (stay.state === 'ended') this.#stays.delete(stay)
    for (let missing = replicas - this.#stays.size; missing > 0; missing--) {
      const { pool, gpusPerReplica: gpus, model } = this.demand
      const stay = this.#market.submit({
        ...{ id: this.#nextId(), kind: 'serving', pool, buyer: model, gpus, nodes: 1 },
        ...{ submitS: this.#market.nowS, durationS: Infinity, limit: null, promisedS: 0 },
        patienceS: Infinity,
      })
      this.#stays.add(stay)
    }
    // Those that wait go first, then the newest.
    const inOrder = [...this.#stays]
      .toReversed()
      .toSorted((a, b) => Number(a.run !== null) - Number(b.run !== null))
    for (const stay of inOrder.slice(0, Math.max(0, this.#stays.size - replicas))) {
      this.#stays.delete(stay)
      if (stay.run === null) this.#market.leave(stay)
      else this.#market.finish(stay)
    }
  }

  /** What a GPU-hour of a replica in full use earns above what it costs. */
  worth(marginalUsd: Money): Money {
    const { tokensPerSecondOfReplica, usdPerMillionTokens, gpusPerReplica } = this.demand
    const perHour = BigInt(Math.round(tokensPerSecondOfReplica * HOUR_S))
    const earned = (usdPerMillionTokens * perHour) / MILLION / BigInt(gpusPerReplica)
    const margin = subtract(picos(earned), marginalUsd)
    return margin > 0n ? margin : ZERO
  }
}
