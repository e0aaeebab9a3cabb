/** One look of the live market on the virtual clock: the snapshot as the controller takes it, and what it decides. */
import { present } from '#kernel/assert.ts'
import type { ForeseenPeaks, Snapshot, SnapshotPool, Want } from '#modules/market/index.ts'
import type { LiveMarket } from './live-market.ts'
import type { LivePool } from './live-pool.ts'
import { saleOf } from './sale.ts'
import type { Stay } from './stay.ts'

const LIKELY_LEVEL = 0.5
const FAR_LEVEL = 0.99

/** Only what is believed has a say. */
function foreseen({ rules }: LiveMarket, { forecasts }: LivePool): ForeseenPeaks | null {
  const [shortest, longest] = [forecasts[0], forecasts.at(-1)]
  if (!shortest || !longest || forecasts.some(({ fallback }) => fallback !== null)) return null
  return {
    likely: rules.quantileOf(shortest.peak, LIKELY_LEVEL),
    far: rules.quantileOf(longest.peak, FAR_LEVEL),
  }
}

function soonMs({ rules }: LiveMarket, { plan }: LivePool): number {
  const { on_demand, spot, flex } = plan.policy
  const reachable = [on_demand, spot, flex].filter(({ by }) => by.includes('anchor'))
  return Math.max(0, ...reachable.map(({ noticeMs }) => noticeMs)) + rules.bounds.shrinkAheadMs
}

function samplesOf({ rules, nowMs }: LiveMarket, pool: LivePool) {
  const { demandStepMs: stepMs, demandSteps: steps } = rules.bounds
  const spans = pool.spansSince(nowMs - stepMs * steps)
  return rules.sampleDemand(spans, { nowMs, stepMs, steps })
}

function snapshotPool(market: LiveMarket, pool: LivePool): SnapshotPool {
  const peaks = foreseen(market, pool)
  const { evictionBatch, anchorHeadroom } = pool.plan.policy
  const soon = soonMs(market, pool)
  return {
    ...{ name: pool.plan.name, evictionBatch, anchorHeadroom },
    demand: {
      ...{ samples: samplesOf(market, pool), pendingSlots: 0, soonMs: soon },
      laterMs: soon + market.rules.bounds.riskAheadMs,
      ...(peaks ? { foreseen: peaks } : {}),
    },
  }
}

function wantOf(market: LiveMarket, stay: Stay): Want {
  const { kind, pool, gpus, nodes, limit, promisedS } = stay.tenant
  const terms = market.termsOf(stay)
  return {
    ...{ leaseId: stay.leaseId, kind, pool, gpus, nodes, createdMs: stay.createdMs },
    ...{ isOneFabric: false, maxPriceUsd: limit, priceUsd: market.priceOf(stay) },
    isFirm: kind === 'on_demand' && !(terms?.by.includes('anchor') ?? true),
    promisedMs: promisedS * 1_000,
  }
}

export function takeSnapshot(market: LiveMarket): Snapshot {
  const pools = [...market.pools.values()]
  // What may be sold as spot matters to who wants spot.
  const isSpotWanted = [...market.wanting].some(({ tenant }) => tenant.kind === 'spot')
  return {
    nowMs: market.nowMs,
    pools: pools.map((pool) => ({
      ...snapshotPool(market, pool),
      ...(isSpotWanted ? { sale: saleOf(market, pool) } : {}),
    })),
    nodes: pools.flatMap(({ book }) => book.nodes),
    holders: [...market.running].flatMap(({ run }) => run?.holders ?? []),
    wants: [...market.wanting].map((stay) => wantOf(market, stay)),
  }
}

/** Slots that the owner's work will want soon beyond what it has, by the trend of its demand; zero without one. */
function growthSoon(market: LiveMarket, pool: LivePool): number {
  if (!pool.hasChanged) return 0
  return market.rules.growthWithin(samplesOf(market, pool), soonMs(market, pool))
}

/** Slots that are kept free for the owner's work now. They follow from its demand alone, so that one node will do. */
export function keptSoon(market: LiveMarket, pool: LivePool): number {
  if (growthSoon(market, pool) === 0) return 0
  const { nowMs, rules } = market
  const pools = [snapshotPool(market, pool)]
  const bare = { nowMs, pools, nodes: pool.book.nodes.slice(0, 1), holders: [], wants: [] }
  return rules.keptSoon(bare, pool.plan.name)
}

/** Whether anything may be decided otherwise than at the last look. */
function isWorthIt(market: LiveMarket): boolean {
  const wasKept = market.isKept
  let isShort = false
  market.isKept = false
  for (const pool of market.pools.values()) {
    const kept = keptSoon(market, pool)
    if (kept > 0) market.isKept = true
    if (kept > pool.book.freeTotal) isShort = true
  }
  // Less is free than the owner's work will want soon: somebody may have to go before it asks.
  if (isShort) return true
  if (market.wanting.size === 0) return false
  // Without news, only time gives room: what is kept goes down as it passes, and the last of it at once.
  return market.hasNews || market.isKept || wasKept || market.hasMinimumRuns
}

/** Decides on everybody who waits and makes it true. Whoever cannot have room goes on waiting. */
export function look(market: LiveMarket): void {
  // Once more of the owner's work runs, more may have to go for what it will want soon.
  while (isWorthIt(market) && lookOnce(market));
}

/** Whether work of the owner was placed. */
function lookOnce(market: LiveMarket): boolean {
  market.hasNews = false
  const byLease = new Map<string, Stay>()
  for (const stay of market.wanting) byLease.set(stay.leaseId, stay)
  for (const stay of market.running) byLease.set(stay.leaseId, stay)
  const stayOf = (id: string) => present(byLease.get(id), `the lease ${id}`)
  const { decisions, shrinks } = market.rules.decide(takeSnapshot(market))
  let isOwners = false
  for (const decision of decisions)
    if (decision.kind === 'place') {
      const stay = stayOf(decision.leaseId)
      isOwners ||= stay.tenant.kind === 'anchor'
      market.place(stay, decision.placements)
    } else if (decision.kind === 'reclaim')
      market.takeBack(stayOf(decision.leaseId), decision.forLeaseId)
  for (const { leaseId } of shrinks) market.takeBack(stayOf(leaseId), null)
  return isOwners
}
