/** At which prices a request is routed: those of its tier, or of batches. Most ask for none, and have the model's own. */
import type { Dialect, ModelRequest } from './frame/dialect.ts'
import { modelNotReady, type Refusal } from './refusal.ts'
import type { RouteTable } from './route-table.ts'
import type { Route, Target } from './route.ts'
import { isSpare } from './spare.ts'
import { readTier, renderTier, routeAt, spareRoute } from './tier.ts'

interface Tiering {
  readonly dialect: Dialect
  /** Of a line of a batch. */
  readonly line?: { readonly isSpare: (target: Target) => boolean }
}

export function priceRoute(
  routes: RouteTable,
  found: Route,
  { asking, request }: { readonly asking: Tiering; readonly request: ModelRequest },
): Route | Refusal {
  const { dialect, line } = asking
  const { needs } = request
  if (line)
    return (
      spareRoute(found, line.isSpare) ?? modelNotReady(found.model, 'it has no price in batches.')
    )
  if (needs.tier === null) return found
  const tier = readTier(dialect.name, needs.tier)
  if (typeof tier !== 'string') return tier
  return routeAt(found, tier, ({ id }) => isSpare(routes.ownLoad(id)))
}

/** Another model in the place of one, at the prices of the same tier. What gives way to others has none. */
export function standIn(routes: RouteTable, model: string, { tier }: Route): Route | null {
  if (tier === 'flex' || tier === 'batch') return null
  const found = routes.find(model)
  if (found === null || tier === undefined) return found
  const priced = routeAt(found, tier, () => false)
  return 'status' in priced ? null : priced
}

const TIER_HEADER = 'x-spillway-service-tier'

/** Said beside the answer of whoever asked for a tier. */
export function tierHeaders(
  dialect: Dialect,
  { needs }: ModelRequest,
  route: Route,
): Readonly<Record<string, string>> | null {
  return needs.tier === null ? null : { [TIER_HEADER]: renderTier(dialect.name, route) }
}
