/**
 * What a quota covers, how much of it is used, and which one is in the way. Pure.
 *
 * Every quota that covers a wish holds for it; the one with the least left decides.
 */
import type { Tier } from '@spillway/contract'
import { isAccelerator } from '#kernel/accelerator.ts'
import { counted } from '#kernel/counted.ts'

/** Null: of all of them together. */
export interface QuotaScope {
  readonly projectId: string | null
  readonly pool: string | null
  readonly accelerator: string | null
  readonly tier: Tier | null
}

export interface Quota extends QuotaScope {
  readonly id: string
  /** Null: of every customer that has none of its own for the same. */
  readonly organizationId: string | null
  readonly gpus: number
  readonly setAt: Date
}

/** `held`: has slots; `waiting`: a lease that has none yet; `ordered`, `quoted`: could become one. */
export type Part = 'held' | 'waiting' | 'ordered' | 'quoted'

export interface Use {
  readonly projectId: string | null
  readonly pool: string
  readonly tier: Tier
  readonly part: Part
  readonly gpus: number
}

export type Wish = Omit<Use, 'part'>

/** How an organization stands: the quotas that hold for it, and what counts against them. */
export interface Standing {
  readonly quotas: readonly Quota[]
  readonly uses: readonly Use[]
  /** By pool. */
  readonly accelerators: ReadonlyMap<string, string>
}

/** The quota in the way first, with what is used of it; `left` is below zero where it was lowered under its use. */
export interface Tightest {
  readonly quota: Quota
  readonly used: number
  readonly left: number
}

export const ALL_PARTS: readonly Part[] = ['held', 'waiting', 'ordered', 'quoted']

function isSameScope(a: QuotaScope, b: QuotaScope): boolean {
  return (
    a.projectId === b.projectId &&
    a.pool === b.pool &&
    a.accelerator === b.accelerator &&
    a.tier === b.tier
  )
}

/** The quotas that hold for an organization: its own, and defaults that it has none of its own for. */
export function inForce(
  quotas: readonly Quota[],
  { organizationId, isCustomer }: { readonly organizationId: string; readonly isCustomer: boolean },
): readonly Quota[] {
  const own = quotas.filter((quota) => quota.organizationId === organizationId)
  const defaults = quotas.filter(
    (quota) =>
      quota.organizationId === null && isCustomer && !own.some((each) => isSameScope(each, quota)),
  )
  return [...own, ...defaults]
}

type Place = Pick<Use, 'projectId' | 'pool' | 'tier'>

function covers(
  quota: QuotaScope,
  { projectId, pool, tier }: Place,
  accelerators: Standing['accelerators'],
): boolean {
  return (
    (quota.projectId === null || quota.projectId === projectId) &&
    (quota.pool === null || quota.pool === pool) &&
    (quota.tier === null || quota.tier === tier) &&
    (quota.accelerator === null || isAccelerator(quota.accelerator, accelerators.get(pool) ?? ''))
  )
}

/** How many GPUs of these parts count against a quota. */
export function usedOf(
  quota: QuotaScope,
  { uses, accelerators }: Pick<Standing, 'uses' | 'accelerators'>,
  parts: readonly Part[] = ALL_PARTS,
): number {
  return uses
    .filter((use) => parts.includes(use.part) && covers(quota, use, accelerators))
    .reduce((sum, { gpus }) => sum + gpus, 0)
}

/** Of the quotas that cover a place the one with the least left; null where none does. */
export function tightest(
  standing: Standing,
  place: Place,
  parts: readonly Part[] = ALL_PARTS,
): Tightest | null {
  const [first] = standing.quotas
    .filter((quota) => covers(quota, place, standing.accelerators))
    .map((quota) => {
      const used = usedOf(quota, standing, parts)
      return { quota, used, left: quota.gpus - used }
    })
    .toSorted((a, b) => a.left - b.left)
  return first ?? null
}

/** The quota that a wish would pass by what these parts use; null where all of it fits. */
export function findShortage(
  standing: Standing,
  wish: Wish,
  parts: readonly Part[] = ALL_PARTS,
): Tightest | null {
  const found = tightest(standing, wish, parts)
  return found !== null && wish.gpus > found.left ? found : null
}

/** The same with one more use. */
export function withUse(standing: Standing, use: Use): Standing {
  const isAlike = (each: Use) =>
    each.projectId === use.projectId &&
    each.pool === use.pool &&
    each.tier === use.tier &&
    each.part === use.part
  const before = standing.uses.find(isAlike)
  if (before === undefined) return { ...standing, uses: [...standing.uses, use] }
  const more = { ...use, gpus: before.gpus + use.gpus }
  return { ...standing, uses: standing.uses.map((each) => (each === before ? more : each)) }
}

/** Such as “on the pool h200 as spot”; empty for all there is. */
export function renderScope({ projectId, pool, accelerator, tier }: QuotaScope): string {
  return [
    ...(pool === null ? [] : [`on ${pool}`]),
    ...(accelerator === null ? [] : [`of ${accelerator}`]),
    ...(tier === null ? [] : [`as ${tier}`]),
    ...(projectId === null ? [] : ['in this project']),
  ].join(' ')
}

/** Why a wish is refused. What could not fit into the whole quota either is told so: waiting would not help. */
export function renderShortage({ quota, used, left }: Tightest, gpus: number): string {
  const where = renderScope(quota)
  const most = `the quota is ${counted(quota.gpus, 'GPU')}${where === '' ? '' : ` ${where}`} at once`
  if (gpus > quota.gpus) return `${counted(gpus, 'GPU')} can never fit: ${most}.`
  const rest = Math.max(0, left)
  return `${counted(gpus, 'GPU')} ${gpus === 1 ? 'does' : 'do'} not fit: ${most}, of which ${used} ${used === 1 ? 'is' : 'are'} taken and ${rest} left.`
}
