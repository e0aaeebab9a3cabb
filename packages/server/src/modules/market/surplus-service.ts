/** What may be sold of each pool now, tier by tier: by its last forecasts, the book, and the rate at which it promises. */
import type { Db } from '#platform/db/database.ts'
import type { MadeForecast } from './forecast-store.ts'
import type { FallbackReason } from './forecast/fallback.ts'
import { listLiveForecasts } from './foreseen-service.ts'
import { listRates } from './rate-store.ts'
import { placeableOf } from './surplus/placeable.ts'
import { surplusOf, type TierSurplus } from './surplus/tiers.ts'

/** The book at an instant. */
export interface BookNow {
  readonly nodes: readonly {
    readonly id: string
    readonly pool: string
    readonly slotCount: number
    readonly isReady: boolean
  }[]
  readonly claims: readonly {
    readonly nodeId: string
    readonly kind: string
    readonly slots: readonly number[]
  }[]
  /** By pool, what the owner waits for. */
  readonly waiting: ReadonlyMap<string, number>
}

export interface PoolSurplus {
  readonly capacity: number
  /** What the owner has and waits for. */
  readonly anchor: number
  readonly fallback: FallbackReason | 'outdated' | null
  /** How much of each promise is sold. */
  readonly eta: number
  readonly tiers: readonly TierSurplus[]
  readonly live: readonly MadeForecast[]
}

function fallbackOf(live: readonly MadeForecast[]): PoolSurplus['fallback'] {
  if (live.length === 0) return 'outdated'
  return live.find(({ fallback }) => fallback !== null)?.fallback ?? null
}

/** By pool. */
export async function readSurplus(
  db: Db,
  now: Date,
  { nodes, claims, waiting }: BookNow,
): Promise<ReadonlyMap<string, PoolSurplus>> {
  const forecasts = await listLiveForecasts(db, now)
  const rates = await listRates(db, now)
  const poolOf = new Map(nodes.map(({ id, pool }) => [id, pool]))
  const claimsOf = Map.groupBy(claims, ({ nodeId }) => poolOf.get(nodeId))
  const surplus = new Map<string, PoolSurplus>()
  for (const [pool, own] of Map.groupBy(nodes, (node) => node.pool)) {
    const held = claimsOf.get(pool) ?? []
    const live = forecasts.get(pool) ?? []
    const capacity = own.reduce((sum, { slotCount }) => sum + slotCount, 0)
    const anchor =
      held.reduce((sum, { kind, slots }) => sum + (kind === 'anchor' ? slots.length : 0), 0) +
      (waiting.get(pool) ?? 0)
    const fallback = fallbackOf(live)
    const eta = rates.get(pool)?.eta ?? 1
    const ready = own.filter(({ isReady }) => isReady)
    const on = new Set(ready.map(({ id }) => id))
    const placeable = placeableOf(
      ready,
      held.filter(({ nodeId }) => on.has(nodeId)),
    )
    const horizons = live.map(({ horizonHours: hours, peak, offered }) => ({
      ...{ hours, peak, offered },
    }))
    const tiers = surplusOf({ capacity, now: anchor, horizons, fallback, eta, placeable })
    surplus.set(pool, { capacity, anchor, fallback, eta, tiers, live })
  }
  return surplus
}
