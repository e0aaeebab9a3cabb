/**
 * Which servers may answer a request at all. Residency comes first and is never weighed against anything: a server
 * whose region is not known is in no region. Every constraint holds by itself, so that another one can only narrow.
 */
import type { RouteCondition, RouteConstraints, RouteGroup, RouteTarget } from '@spillway/contract'
import { money, type Price } from '#kernel/money.ts'
import type { Needs } from './frame/needs.ts'
import type { Route, Target } from './route.ts'

/** What of a request its route may go by. */
export interface RequestFacts {
  readonly organizationId: string
  readonly projectId: string
  readonly tags: readonly string[]
  /** Before anybody counted: a quarter of its bytes. */
  readonly inputTokens: number
  readonly isStream: boolean
  /** A hash of how the prompt begins; null where no objective goes by it. */
  readonly prefix: number | null
  readonly needs: Pick<Needs, 'tools' | 'images'>
  readonly hourUtc: number
}

/** A server with the model that it answers for, which may be another than was asked for. */
export interface Candidate {
  readonly target: Target
  readonly route: Route
  readonly weight: number
}

export interface CandidateGroup {
  readonly name: string
  readonly objective: RouteGroup['objective']
  readonly candidates: readonly Candidate[]
}

export type Exclusion = 'region' | 'provider' | 'data_policy' | 'price'

type Constraint = RouteConstraints

/** Whether a name of a list means this server: `own`, `private`, an id, or a host and all below it. */
export function isNamed({ providerName, id }: Target, names: readonly string[]): boolean {
  return names.some(
    (name) => name === providerName || name === id || providerName.endsWith(`.${name}`),
  )
}

function isCheaper(price: Price, usdPerMillion: string | undefined): boolean {
  if (usdPerMillion === undefined) return true
  return price.amount * 1_000_000n <= money(usdPerMillion) * price.per
}

/** The dearest class counts: what a request will be made of is not known beforehand. */
function isWithin(route: Route, { maxPrice }: Constraint): boolean {
  if (maxPrice === undefined) return true
  const { cachedInput, cacheWrite, reasoning } = route.classPrices ?? {}
  const all = (own: Price, ...others: readonly ({ readonly price: Price } | undefined)[]) => [
    own,
    ...others.flatMap((each) => (each === undefined ? [] : [each.price])),
  ]
  return (
    all(route.inputPrice, cachedInput, cacheWrite).every((each) =>
      isCheaper(each, maxPrice.inputUsd),
    ) && all(route.outputPrice, reasoning).every((each) => isCheaper(each, maxPrice.outputUsd))
  )
}

const isInRegion = ({ region }: Target, { regions }: Constraint) =>
  regions === undefined || (region !== null && regions.includes(region))

function isOfProvider(target: Target, { providersOnly, providersIgnored }: Constraint): boolean {
  if (providersOnly !== undefined && !isNamed(target, providersOnly)) return false
  return providersIgnored === undefined || !isNamed(target, providersIgnored)
}

function isDiscreet({ dataPolicy }: Target, constraint: Constraint): boolean {
  if (constraint.dataPolicy === undefined || dataPolicy === 'not_kept') return true
  return constraint.dataPolicy === 'kept' && dataPolicy === 'kept'
}

/** Why a server may not answer; null where it may. Residency is looked at before anything else. */
export function exclusionOf(
  { target, route }: Pick<Candidate, 'target' | 'route'>,
  constraints: readonly Constraint[],
): Exclusion | null {
  if (!constraints.every((each) => isInRegion(target, each))) return 'region'
  if (!constraints.every((each) => isOfProvider(target, each))) return 'provider'
  if (!constraints.every((each) => isDiscreet(target, each))) return 'data_policy'
  return constraints.every((each) => isWithin(route, each)) ? null : 'price'
}

/** Whether the hour lies between two, across midnight where the end comes first. */
function isWithinHours({ from, to }: { readonly from: number; readonly to: number }, hour: number) {
  return from < to ? hour >= from && hour < to : hour >= from || hour < to
}

/** Whether a group is meant for such a request. */
export function isMeant(when: RouteCondition | undefined, facts: RequestFacts): boolean {
  if (when === undefined) return true
  const { organizations, projects, tags, needs, hoursUtc } = when
  const { inputTokensMin = 0, inputTokensMax = Infinity } = when
  if (organizations && !organizations.includes(facts.organizationId)) return false
  if (projects && !projects.includes(facts.projectId)) return false
  if (tags && !tags.some((tag) => facts.tags.includes(tag))) return false
  if (needs && !needs.every((need) => facts.needs[need])) return false
  if (hoursUtc && !isWithinHours(hoursUtc, facts.hourUtc)) return false
  return facts.inputTokens >= inputTokensMin && facts.inputTokens <= inputTokensMax
}

/** Whether a target of a document means this server of the model itself. */
export function isServerOf(wanted: RouteTarget, { kind, pool, id }: Target): boolean {
  if (wanted.kind === 'replicas')
    return kind === 'replica' && (wanted.pool === undefined || wanted.pool === pool)
  if (wanted.kind === 'upstreams') return kind === 'upstream'
  return wanted.kind === 'upstream' && wanted.upstream === id
}

/** The servers that a group names, of the model itself and of those that stand in for it. */
export function serversOf(
  group: RouteGroup,
  route: Route,
  find: (model: string) => Route | null,
): readonly Candidate[] {
  return group.targets.flatMap((wanted): readonly Candidate[] => {
    const other = wanted.kind === 'model' ? find(wanted.model) : null
    const isAlike = (other?.isEmbedding === true) === (route.isEmbedding === true)
    const found =
      other && !isAlike
        ? []
        : other
          ? other.targets.map((target) => ({ target, route: other }))
          : route.targets
              .filter((target) => isServerOf(wanted, target))
              .map((target) => ({ target, route }))
    return found.map((each) => ({ ...each, weight: wanted.weight }))
  })
}
