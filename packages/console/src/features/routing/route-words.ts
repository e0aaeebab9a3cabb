/** Routes in words: what they ask, what excludes a server, what has to hold. */
import type { Route, RouteConstraints, RouteServer } from '@spillway/contract'

export const EXCLUSION_WORDS: Readonly<Record<NonNullable<RouteServer['excludedBy']>, string>> = {
  not_named: 'no group names it',
  region: 'never: its region',
  provider: 'never: its provider',
  data_policy: 'never: its data policy',
  price: 'never: its price',
}

/** It failed too often: what that means for it now. */
export function breakerWords({ state, gateways }: NonNullable<RouteServer['breaker']>): string {
  const by = gateways === 1 ? 'one gateway' : `${gateways} gateways`
  return state === 'open' ? `breaker open at ${by}` : `probed by ${by}`
}

export function ruleWords({ document }: Pick<Route, 'document'>): string {
  if (document === null) return 'Every server, the least busy first'
  return document.groups
    .map(({ name, objective }) => `${name}, by ${objective.replace('_', ' ')}`)
    .join(' → ')
}

export function constraintWords(constraints: RouteConstraints): string {
  const { regions, providersOnly, providersIgnored, dataPolicy, maxPrice } = constraints
  const words = [
    regions && `in ${regions.join(', ')}`,
    providersOnly && `only ${providersOnly.join(', ')}`,
    providersIgnored && `not ${providersIgnored.join(', ')}`,
    dataPolicy && (dataPolicy === 'kept' ? 'prompts not trained on' : 'prompts not kept'),
    maxPrice?.inputUsd !== undefined && `input at most $${maxPrice.inputUsd}`,
    maxPrice?.outputUsd !== undefined && `output at most $${maxPrice.outputUsd}`,
  ].filter((word) => typeof word === 'string')
  return words.length === 0 ? 'anywhere' : words.join(' · ')
}
