/** Answers what can be had, from the book, the ends that are known, the prices in force and the balance. */
import type { Offer, OfferRefusal, Tier } from '@spillway/contract'
import { isAccelerator } from '#kernel/accelerator.ts'
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { ceiling, type Money, renderMoney } from '#kernel/money.ts'
import { listPools, listSites, type Pool, type Site } from '#modules/fleet/index.ts'
import { fitGang, holdNeeded, listBooked, openPools, staysMs } from '#modules/lease/index.ts'
import { getBalance } from '#modules/ledger/index.ts'
import { bookedWithin, getGpuPrice, TIERS } from '#modules/market/index.ts'
import { type QuotaStanding, readStandings, tightest } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { knownEnds } from './ends-service.ts'
import { findOffers, type OfferFound, type PoolView } from './offer.ts'
import { readReserve } from './rule-service.ts'
import { expectedStartsOf } from './start-service.ts'
import { readSupply } from './supply-service.ts'

export interface OfferQuery {
  readonly organizationId: string
  readonly projectId: string
  readonly gpus: number
  readonly nodes: number | undefined
  readonly pool: string | undefined
  readonly accelerator: string | undefined
  readonly site: string | undefined
  readonly region: string | undefined
  readonly jurisdiction: string | undefined
  readonly tier: Tier | undefined
  readonly limit: Money | null
  readonly from: Date | null
  readonly durationMs: number | undefined
  readonly most: number
}

const GRACE_MS = 5000

function isSame(asked: string | undefined, known: string): boolean {
  return asked === undefined || asked.toLowerCase() === known.toLowerCase()
}

function isAsked(query: OfferQuery, pool: Pool, site: Site): boolean {
  const { accelerator } = query
  return (
    isSame(query.pool, pool.name) &&
    isSame(query.site, pool.site) &&
    isSame(query.region, site.region) &&
    isSame(query.jurisdiction, site.jurisdiction) &&
    (accelerator === undefined || isAccelerator(accelerator, pool.accelerator))
  )
}

async function pricesOf(db: Db, pool: string, at: Date): Promise<Record<Tier, Money>> {
  const amounts = await Promise.all(
    TIERS.map(async (tier) => [tier, (await getGpuPrice(db, { pool, tier, at })).price.amount]),
  )
  return Object.fromEntries(amounts) as Record<Tier, Money>
}

/** What the quotas leave of each tier of a pool; nothing where there is no limit. */
function quotaLeftOf(
  standing: QuotaStanding | undefined,
  { pool, projectId }: { readonly pool: string; readonly projectId: string },
): Partial<Record<Tier, number>> {
  if (standing === undefined) return {}
  const known = TIERS.flatMap((tier) => {
    const found = tightest(standing, { projectId, pool, tier })
    return found === null ? [] : [[tier, Math.max(0, found.left)] as const]
  })
  return Object.fromEntries(known)
}

/** What blocks have booked beside what they have, for as long as the work that is asked for may stay. */
async function bookedOn(
  db: Db,
  pool: string,
  durationMs: number | undefined,
): Promise<Pick<PoolView, 'bookedFrom' | 'bookingEnds'>> {
  const booked = (await listBooked(db, pool)).filter(({ slots }) => slots > 0)
  if (booked.length === 0) return {}
  const life = { ranMs: 0, graceMs: GRACE_MS, requeue: 'never' } as const
  const stayMs = staysMs({ ...life, timeLimitMs: durationMs ?? null }) ?? Number.POSITIVE_INFINITY
  return {
    bookedFrom: (startsMs) => bookedWithin(booked, startsMs, startsMs + stayMs),
    bookingEnds: booked.map(({ endsMs }) => endsMs),
  }
}

interface Viewed extends PoolView {
  readonly reserve: Money
  readonly declared: Pool
  readonly region: string
}

async function viewPools(db: Db, query: OfferQuery, now: Date): Promise<readonly Viewed[]> {
  const { organizationId, projectId } = query
  const sites = await listSites(db)
  const standing = (await readStandings(db, [organizationId], { now })).get(organizationId)
  const views: Viewed[] = []
  for (const declared of await openPools(db, await listPools(db), organizationId)) {
    const { name: pool } = declared
    const site = present(
      sites.find(({ name }) => name === declared.site),
      'the site of a pool',
    )
    const supply = await readSupply(db, pool)
    views.push({
      ...{ pool, declared, region: site.region, isAsked: isAsked(query, declared, site) },
      nodes: supply.nodes,
      ...(await knownEnds(db, pool, now)),
      ...(await bookedOn(db, pool, query.durationMs)),
      prices: await pricesOf(db, pool, now),
      quotaLeft: quotaLeftOf(standing, { pool, projectId }),
      reserve: (await readReserve(db, pool, { supply, at: now })).reserve,
    })
  }
  return views
}

interface Terms {
  readonly expectedStart: Offer['expectedStart']
  readonly available: Money
  readonly durationMs: number | undefined
  readonly now: Date
}

function renderOffer(
  offer: OfferFound,
  view: Viewed,
  { expectedStart, available, durationMs, now }: Terms,
): Offer {
  const { pool, tier, gpus, nodes, price } = offer
  const { declared } = view
  const { noticeMs } = declared.reclaim[tier]
  const timeLimitMs = durationMs ?? null
  const life = { kind: tier, noticeMs, graceMs: GRACE_MS, timeLimitMs, ranMs: 0, startedAt: null }
  const hold = holdNeeded({ ...life, gpus }, price, now)
  const hourly = { amount: price, per: 3_600_000n, unit: 'gpu_ms' } as const
  return {
    ...{ pool, site: declared.site, region: view.region, accelerator: declared.accelerator },
    ...{ tier, gpus, nodes, noticeMs, startsAt: new Date(offer.startsMs).toISOString() },
    expectedStart,
    priceUsdPerGpuHour: renderMoney(price),
    reserveUsdPerGpuHour: tier === 'spot' ? renderMoney(view.reserve) : null,
    holdUsd: renderMoney(hold),
    totalUsd:
      durationMs === undefined
        ? null
        : renderMoney(ceiling(hourly, BigInt(gpus) * BigInt(durationMs))),
    isAffordable: hold <= available,
    isWithinQuota: offer.isWithinQuota,
    differs: [...offer.differs],
  }
}

function judge(items: readonly Offer[]): { refusal: OfferRefusal | null; text: string } {
  const exact = items.filter(({ differs }) => differs.length === 0)
  const allowed = exact.filter(({ isWithinQuota }) => isWithinQuota)
  const [first] = allowed.filter(({ isAffordable }) => isAffordable)
  if (first) {
    const text = `${first.gpus} on ${first.pool} as ${first.tier}, at $${first.priceUsdPerGpuHour} per GPU-hour.`
    return { refusal: null, text }
  }
  const [dear] = allowed
  if (dear) {
    const text = `There is room, but $${dear.holdUsd} would have to be held, and that is not available.`
    return { refusal: 'no_money', text }
  }
  if (exact.length > 0) {
    const text = 'There is room, but the quota does not allow so many. What comes near is listed.'
    return { refusal: 'no_quota', text }
  }
  const near = items.length === 0 ? 'Nothing comes near.' : 'What comes near is listed.'
  return { refusal: 'no_capacity', text: `Nothing is exactly what was asked. ${near}` }
}

/** What can be had, best first. */
export async function answerOffers(db: Db, query: OfferQuery, now: Date) {
  const fromMs = query.from?.getTime() ?? now.getTime()
  if (fromMs < now.getTime()) {
    const [field, message] = ['query.from', `is in the past; it is ${now.toISOString()} now`]
    throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
  }
  const views = await viewPools(db, query, now)
  const { gpus, nodes, tier = null, limit, durationMs } = query
  const found = findOffers({ gpus, nodes, tier, limit, fromMs }, views, (gang, free) => {
    if (gang.nodes !== undefined && gang.gpus % gang.nodes !== 0) return null
    const fit = fitGang(gang, free)
    return fit.kind === 'fits' ? fit.nodes : null
  })
  const { available } = await getBalance(db, query.organizationId)
  const byPool = new Map(views.map((view) => [view.pool, view]))
  const told = found.slice(0, query.most)
  const starts = await expectedStartsOf(db, told, now)
  const items = told.map((offer, index) =>
    renderOffer(offer, present(byPool.get(offer.pool), 'the pool of an offer'), {
      expectedStart: present(starts[index], 'the expected start of an offer'),
      ...{ available, durationMs, now },
    }),
  )
  return { items, ...judge(items) }
}
