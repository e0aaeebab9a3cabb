/** Which blocks can be bought: what is asked, and what comes near, with the price that buying now would have. */
import type { BlockDifference, BlockOffering } from '@spillway/contract'
import { isAccelerator } from '#kernel/accelerator.ts'
import { Fault } from '#kernel/fault.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import { listNodeShapes, listPools, type Pool } from '#modules/fleet/index.ts'
import { fitGang, openPools } from '#modules/lease/index.ts'
import { getBalance } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BLOCK_AHEAD_MAX_MS, BLOCK_GRID_MS, BLOCK_OFFERINGS_MAX } from '../../limits.ts'
import { wholePrice } from './block.ts'
import { findNear, type Wish } from './offering.ts'
import { readRoom } from './room-service.ts'
import { earliestStart, priceOfBlock } from './service.ts'

export interface OfferingRequest {
  readonly organizationId: string
  readonly gpus: number
  readonly nodes?: number | undefined
  readonly fabric: 'same' | 'any'
  readonly pool?: string | undefined
  readonly accelerator?: string | undefined
  readonly startsAt: Date | null
  readonly hours: number
}

function refuseStart(message: string): never {
  const field = 'query.startsAt'
  throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
}

function checkStart({ startsAt }: OfferingRequest, now: Date): void {
  if (startsAt === null) return
  if (startsAt.getTime() % BLOCK_GRID_MS !== 0) refuseStart('is not on the full hour (UTC)')
  if (startsAt <= now) refuseStart(`is in the past; it is ${now.toISOString()} now`)
  const latest = new Date(now.getTime() + BLOCK_AHEAD_MAX_MS)
  if (startsAt > latest) refuseStart(`is too far ahead: at most ${latest.toISOString()}`)
}

/** What a pool has of a wish, nearest first; nothing where its nodes never could. */
async function offeringsOf(
  db: Db,
  pool: Pool,
  { request, now }: { readonly request: OfferingRequest; readonly now: Date },
) {
  const shapes = (await listNodeShapes(db)).filter((node) => node.pool === pool.name)
  const slotCounts = shapes.map(({ slotCount }) => slotCount)
  const { gpus, fabric, hours } = request
  const fit = fitGang({ gpus, nodes: request.nodes }, slotCounts)
  if (fit.kind !== 'fits') return []
  const earliestMs = earliestStart(pool, now).getTime()
  const startsMs = request.startsAt?.getTime() ?? earliestMs
  const latestMs = now.getTime() + BLOCK_AHEAD_MAX_MS
  const wish: Wish = { gpus, nodes: fit.nodes, isOneFabric: fabric === 'same', startsMs, hours }
  const bounds = { earliestMs, latestMs, gridMs: BLOCK_GRID_MS }
  return findNear(wish, await readRoom(db, pool, now), bounds).map((found) => ({ pool, ...found }))
}

function render(
  { pool, gpus, nodes, startsMs, hours }: Awaited<ReturnType<typeof offeringsOf>>[number],
  {
    fabric,
    priceUsd,
    available,
    differs,
  }: {
    readonly fabric: 'same' | 'any'
    readonly priceUsd: Money
    readonly available: Money
    readonly differs: readonly BlockDifference[]
  },
): BlockOffering {
  const startsAt = new Date(startsMs)
  const endsAt = new Date(startsMs + hours * BLOCK_GRID_MS)
  const whole = wholePrice({ gpus, priceUsd, startsAt, endsAt })
  return {
    ...{ pool: pool.name, accelerator: pool.accelerator, gpus, nodes, fabric, hours },
    ...{ startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString() },
    priceUsdPerGpuHour: renderMoney(priceUsd),
    priceUsd: renderMoney(whole),
    isAffordable: whole <= available,
    differs: [...differs],
  }
}

function refusalOf(items: readonly BlockOffering[]): 'no_money' | 'no_capacity' | null {
  const exact = items.filter(({ differs }) => differs.length === 0)
  if (exact.some(({ isAffordable }) => isAffordable)) return null
  return exact.length > 0 ? 'no_money' : 'no_capacity'
}

const TEXTS = {
  no_capacity: 'No pool can place exactly this in all of its hours; what comes near is below.',
  no_money: 'This could be booked, but the balance cannot pay for it.',
} as const

export async function listOfferings(db: Db, request: OfferingRequest, now: Date) {
  checkStart(request, now)
  const { pool: wanted, accelerator, organizationId, fabric } = request
  const all = await listPools(db)
  if (wanted !== undefined && all.every(({ name }) => name !== wanted))
    throw new Fault('pool.not_found', `There is no pool ${wanted}.`)
  const open = new Set((await openPools(db, all, organizationId)).map(({ name }) => name))
  const pools = all.filter(
    ({ name, accelerator: has }) =>
      open.has(name) && (accelerator === undefined || isAccelerator(accelerator, has)),
  )
  const { available } = await getBalance(db, organizationId)
  const found = []
  for (const pool of pools)
    for (const each of await offeringsOf(db, pool, { request, now })) {
      const isOther = wanted !== undefined && wanted !== pool.name
      const differs: BlockDifference[] = [...(isOther ? ['pool' as const] : []), ...each.differs]
      const priceUsd = await priceOfBlock(db, pool.name, { hours: each.hours, at: now })
      found.push(render(each, { fabric, priceUsd, available, differs }))
    }
  const items = found
    .toSorted(
      (a, b) => a.differs.length - b.differs.length || Number(a.priceUsd) - Number(b.priceUsd),
    )
    .slice(0, BLOCK_OFFERINGS_MAX)
  const refusal = refusalOf(items)
  const text =
    refusal === null
      ? 'Exactly what was asked can be booked; the first is the cheapest.'
      : TEXTS[refusal]
  return { items, refusal, text }
}
