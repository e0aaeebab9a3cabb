/** What may be sold of a pool on the virtual clock, tier by tier by its last forecasts, and what is sold of it already. */
import type { Sale, Sold } from '#modules/market/index.ts'
import type { LiveMarket } from './live-market.ts'
import type { LivePool } from './live-pool.ts'
import type { Stay } from './stay.ts'

/** For how long the owner cannot have it back; at any time once it has had its notice. */
function promisedMsOf(market: LiveMarket, stay: Stay): number {
  const terms = market.termsOf(stay)
  if (stay.run === null || terms === null || stay.state === 'draining') return 0
  if (!terms.by.includes('anchor')) return Infinity
  return Math.max(0, terms.minimumRunMs - (market.nowS - stay.run.startedS) * 1_000)
}

export function saleOf(market: LiveMarket, pool: LivePool): Sale {
  const { rules } = market
  const horizons = pool.forecasts
  const isFallback = horizons.some(({ fallback }) => fallback !== null)
  const sold: Sold[] = []
  const claims = []
  for (const stay of market.running) {
    const { kind, gpus, pool: name } = stay.tenant
    if (name !== pool.plan.name) continue
    if (kind === 'anchor')
      for (const place of stay.run?.placements ?? []) claims.push({ ...place, kind })
    else sold.push({ gpus, promisedMs: promisedMsOf(market, stay) })
  }
  const tiers = rules.surplusOf({
    ...{ capacity: pool.book.capacity, now: pool.wanted, horizons, eta: pool.eta },
    fallback: horizons.find(({ fallback }) => fallback !== null)?.fallback ?? null,
    // Only the owner's claims and closed slots are withheld from what can be placed.
    placeable: rules.placeableOf(pool.book.nodes, claims),
  })
  return { tiers, sold, isForecast: horizons.length > 0 && !isFallback }
}
