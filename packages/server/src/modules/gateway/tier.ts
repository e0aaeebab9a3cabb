/**
 * Service tiers: what a route charges in one, who may answer in it, and what is told of it. `flex` and `batch` have no
 * claim on a place. A tier that a model has no price for is the default one, and the answer says so. Pure.
 */
import type { DialectName } from './frame/dialect.ts'
import { invalidRequest, type Refusal, resourceUnavailable } from './refusal.ts'
import type { PaidTier, Route, Target } from './route.ts'

/** What an answer may be served as. */
export type ServedTier = 'default' | 'flex' | 'priority'

const OPENAI = ['auto', 'default', 'flex', 'priority'] as const
const ANTHROPIC = ['auto', 'standard_only'] as const

/** The tier that is asked for; the default one where nothing particular is. */
export function readTier(dialect: DialectName, asked: string): ServedTier | Refusal {
  const known: readonly string[] = dialect === 'messages' ? ANTHROPIC : OPENAI
  if (!known.includes(asked))
    return invalidRequest(
      `Invalid 'service_tier': expected one of ${known.map((each) => `'${each}'`).join(', ')}, but got '${asked.slice(0, 40)}' instead.`,
      { param: 'service_tier', code: 'invalid_value' },
    )
  return asked === 'flex' || asked === 'priority' ? asked : 'default'
}

/** As the client's dialect calls it. */
export function renderTier(dialect: DialectName, { tier }: Route): string {
  if (dialect === 'messages') return tier === 'priority' ? 'priority' : 'standard'
  return tier === 'flex' || tier === 'priority' ? tier : 'default'
}

/** The same route at a tier's prices; null where the model has none. */
function atTier(route: Route, tier: PaidTier): Route | null {
  const prices = route.tiers?.[tier]
  return prices === undefined ? null : { ...route, classPrices: undefined, ...prices, tier }
}

type IsSpare = (target: Target) => boolean

/** Replicas of ours with room to spare; nobody is started for it. */
function spareOnly(route: Route, isSpare: IsSpare): Route {
  const targets = route.targets.filter((target) => target.kind === 'replica' && isSpare(target))
  return { ...route, targets, ours: null, isWakeable: false }
}

/** A route as lines of batches have it; null where the model has no price for them. */
export function spareRoute(route: Route, isSpare: IsSpare): Route | null {
  const priced = atTier(route, 'batch')
  return priced && spareOnly(priced, isSpare)
}

/** A route as a request of a tier has it. What has to give way is told to come back, or to pay the default price. */
export function routeAt(route: Route, tier: ServedTier, isSpare: IsSpare): Route | Refusal {
  const priced = tier === 'default' ? null : atTier(route, tier)
  if (priced === null || tier !== 'flex') return priced ?? route
  const spare = spareOnly(priced, isSpare)
  return spare.targets.length === 0 ? resourceUnavailable(route.model) : spare
}
