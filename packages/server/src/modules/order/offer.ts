/**
 * What can be had: exactly what was asked, and what comes near it (another pool, fewer GPUs, a later start, another
 * tier), best first. Pure; never only "no" while a pool has anything.
 */
import type { OfferDifference, Tier } from '@spillway/contract'
import type { Money } from '#kernel/money.ts'

export interface OfferWish {
  readonly gpus: number
  readonly nodes: number | undefined
  readonly tier: Tier | null
  readonly limit: Money | null
  readonly fromMs: number
}

/** Slots of a node that will be free from an instant on, by what is known now. */
export interface ComingFree {
  readonly nodeId: string
  readonly slots: number
  readonly atMs: number
}

export interface PoolView {
  readonly pool: string
  /** Whether it is where and what was asked for. */
  readonly isAsked: boolean
  readonly nodes: readonly { readonly nodeId: string; readonly free: number }[]
  readonly coming: readonly ComingFree[]
  /** Held by what gives way to on demand. */
  readonly yielding: readonly ComingFree[]
  /** The most that is booked for blocks at one instant, from an instant on for as long as it is asked for. Absent: nothing. */
  readonly bookedFrom?: (startsMs: number) => number
  /** When what is booked is over. */
  readonly bookingEnds?: readonly number[]
  readonly prices: Readonly<Record<Tier, Money>>
  /** What the quotas leave; nothing said: there is no limit. */
  readonly quotaLeft?: Readonly<Partial<Record<Tier, number>>>
}

export interface OfferFound {
  readonly pool: string
  readonly tier: Tier
  readonly gpus: number
  readonly nodes: number
  readonly startsMs: number
  readonly price: Money
  readonly isWithinQuota: boolean
  readonly differs: readonly OfferDifference[]
}

/** Over how many nodes a gang fits into what is free on each; null when it does not. */
export type Fit = (
  gang: { readonly gpus: number; readonly nodes: number | undefined },
  free: readonly number[],
) => number | null

const TIERS = ['on_demand', 'spot', 'flex'] as const

function freeAt(view: PoolView, coming: readonly ComingFree[], atMs: number): readonly number[] {
  const free = new Map(view.nodes.map(({ nodeId, free: slots }) => [nodeId, slots]))
  for (const { nodeId, slots, atMs: fromMs } of coming) {
    const known = free.get(nodeId)
    if (fromMs <= atMs && known !== undefined) free.set(nodeId, known + slots)
  }
  return [...free.values()]
}

/** GPUs that may stay from an instant on: what is booked is left, once everybody has gone who gives way to blocks. */
function stayableAt(view: PoolView, { tier, coming }: Context, atMs: number): number {
  const booked = tier === 'on_demand' ? (view.bookedFrom?.(atMs) ?? 0) : 0
  if (booked === 0) return Number.POSITIVE_INFINITY
  const now = view.nodes.reduce((sum, { free }) => sum + free, 0)
  const gone = [...coming.filter((each) => each.atMs <= atMs && !view.yielding.includes(each))]
  const later = [...gone, ...view.yielding].reduce((sum, { slots }) => sum + slots, 0)
  return now + later - booked
}

interface Room {
  readonly gpus: number
  readonly nodes: number
  readonly startsMs: number
}

/** The first instant at which all of it fits; null when that is not known of any. */
function earliest(view: PoolView, wish: OfferWish, context: Context): Room | null {
  const { coming, fit } = context
  const known = coming.map(({ atMs }) => atMs)
  const ends = context.tier === 'on_demand' ? (view.bookingEnds ?? []) : []
  const instants = [...known, ...ends].filter((atMs) => atMs > wish.fromMs)
  for (const startsMs of [wish.fromMs, ...new Set(instants.toSorted((a, b) => a - b))]) {
    const nodes = fit(wish, freeAt(view, coming, startsMs))
    if (nodes !== null && wish.gpus <= stayableAt(view, context, startsMs))
      return { gpus: wish.gpus, nodes, startsMs }
  }
  return null
}

/** The most that fits when it should start, of the same shape where one was asked. */
function fewer(view: PoolView, wish: OfferWish, context: Context): Room | null {
  const { coming, fit } = context
  const free = freeAt(view, coming, wish.fromMs)
  const most = Math.min(
    wish.gpus - 1,
    stayableAt(view, context, wish.fromMs),
    free.reduce((sum, slots) => sum + slots, 0),
  )
  const step = wish.nodes ?? 1
  for (let gpus = most - (most % step); gpus > 0; gpus -= step) {
    const nodes = fit({ gpus, nodes: wish.nodes }, free)
    if (nodes !== null) return { gpus, nodes, startsMs: wish.fromMs }
  }
  return null
}

interface Context {
  readonly tier: Tier
  readonly coming: readonly ComingFree[]
  readonly fit: Fit
}

function differencesOf(
  wish: OfferWish,
  { view, tier, room }: { readonly view: PoolView; readonly tier: Tier; readonly room: Room },
): readonly OfferDifference[] {
  const differs: OfferDifference[] = []
  if (!view.isAsked) differs.push('pool')
  if (room.gpus !== wish.gpus) differs.push('gpus')
  if (room.startsMs !== wish.fromMs) differs.push('start')
  if (wish.tier !== null && wish.tier !== tier) differs.push('tier')
  if (wish.limit !== null && view.prices[tier] > wish.limit) differs.push('price')
  return differs
}

function compareOffers(a: OfferFound, b: OfferFound): number {
  if (a.differs.length !== b.differs.length) return a.differs.length - b.differs.length
  if (a.isWithinQuota !== b.isWithinQuota) return a.isWithinQuota ? -1 : 1
  if (a.gpus !== b.gpus) return b.gpus - a.gpus
  if (a.startsMs !== b.startsMs) return a.startsMs - b.startsMs
  if (a.price !== b.price) return a.price < b.price ? -1 : 1
  return a.pool < b.pool ? -1 : 1
}

/** Offers of every pool and tier, those first that differ least from what was asked. */
export function findOffers(
  wish: OfferWish,
  views: readonly PoolView[],
  fit: Fit,
): readonly OfferFound[] {
  const offers = views.flatMap((view) =>
    TIERS.flatMap((tier) => {
      const coming = tier === 'on_demand' ? [...view.coming, ...view.yielding] : view.coming
      const context = { tier, coming, fit }
      const whole = earliest(view, wish, context)
      const part = whole?.startsMs === wish.fromMs ? null : fewer(view, wish, context)
      const left = view.quotaLeft?.[tier] ?? Number.POSITIVE_INFINITY
      const now = whole?.startsMs === wish.fromMs ? whole : part
      const allowed =
        now !== null && now.gpus > left ? fewer(view, { ...wish, gpus: left + 1 }, context) : null
      return [whole, part, allowed].flatMap((room): OfferFound[] => {
        if (room === null) return []
        const differs = differencesOf(wish, { view, tier, room })
        const isWithinQuota = room.gpus <= left
        const price = view.prices[tier]
        return [{ pool: view.pool, tier, ...room, price, isWithinQuota, differs }]
      })
    }),
  )
  return offers.toSorted(compareOffers)
}
