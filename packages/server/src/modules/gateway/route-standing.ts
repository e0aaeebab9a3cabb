/** Whether anybody may answer a request, who that may be, and what to say when nobody may. Pure. */
import * as refusals from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { allow, type Allowance, type Wish } from './route-choice.ts'
import type { Exclusion } from './route-filter.ts'
import type { Route } from './route.ts'

export type Standing =
  /** `routes`: at whose prices it may be answered. */
  | { readonly kind: 'ready'; readonly routes: readonly Route[] }
  /** Nobody now, but a replica that may answer is started for it. */
  | { readonly kind: 'asleep' }
  | Refusal

type Find = (model: string) => Route | null

export interface Standpoint {
  readonly route: Route
  readonly wish: Wish | null
  readonly find: Find
}

const WORDS: Readonly<Record<Exclusion, string>> = {
  region: 'region',
  provider: 'provider',
  data_policy: 'data policy',
  price: 'price',
}

export function standingOf(standpoint: Standpoint): Standing {
  const { route, wish } = standpoint
  if (wish !== null) return standingUnder(standpoint)
  if (route.targets.length > 0) return { kind: 'ready', routes: [route] }
  if (route.isWakeable) return { kind: 'asleep' }
  return refusals.modelNotReady(route.model, route.stateText)
}

const hasAny = ({ groups }: Allowance) => groups.some(({ candidates }) => candidates.length > 0)

function standingUnder({ route, wish, find }: Standpoint): Standing {
  const allowance = allow({ route, wish, find })
  if (hasAny(allowance)) {
    const all = allowance.groups.flatMap(({ candidates }) => candidates)
    return { kind: 'ready', routes: [...new Set(all.map((each) => each.route))] }
  }
  const asleep = route.ours && allow({ route: { ...route, targets: [route.ours] }, wish, find })
  // One of ours may answer, only that none is up: that is no matter of rules.
  if (asleep && hasAny(asleep))
    return route.isWakeable
      ? { kind: 'asleep' }
      : refusals.modelNotReady(route.model, route.stateText)
  const excluded = new Set([...allowance.excluded, ...(asleep?.excluded ?? [])])
  if (excluded.has('region')) return refusals.residencyMismatch(route.model)
  const by = [...excluded].map((each) => WORDS[each])
  if (by.length > 0 || allowance.groups.length === 0) return refusals.nobodyAllowed(route.model, by)
  return refusals.modelNotReady(route.model, route.stateText)
}
