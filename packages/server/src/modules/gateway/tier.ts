/** What a route charges in a tier, and who may answer in it. Pure. */
import type { PaidTier, Route, Target } from './route.ts'

/** The same route at a tier's prices; null where the model has none. */
function atTier(route: Route, tier: PaidTier): Route | null {
  const prices = route.tiers?.[tier]
  return prices === undefined ? null : { ...route, classPrices: undefined, ...prices }
}

/** A route as lines of batches have it: replicas of ours with room to spare, and nobody is started or stands in. */
export function spareRoute(route: Route, isSpare: (target: Target) => boolean): Route | null {
  const priced = atTier(route, 'batch')
  if (priced === null) return null
  const targets = route.targets.filter((target) => target.kind === 'replica' && isSpare(target))
  return { ...priced, targets, ours: null, isWakeable: false }
}
