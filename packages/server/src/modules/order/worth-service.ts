/** What a pool's GPUs are worth now, what can be bought by the hour, and what the owner's kept capacity costs. */
import { Fault } from '#kernel/fault.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import { accountPool, listBlockClaims, listBookings } from '#modules/book/index.ts'
import { findPool, type Pool } from '#modules/fleet/index.ts'
import { listOpenLeases } from '#modules/lease/index.ts'
import { benchmarkOf, transferPrice, type Worth } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { knownEnds } from './ends-service.ts'
import { readReserve } from './rule-service.ts'
import { listOrders } from './store.ts'
import { countForSale, readSupply } from './supply-service.ts'
import { answerPostings } from './transfer-service.ts'
import { typicalPrice } from './typical-price-service.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ORDERS_MAX = 10_000

/** What the replicas on a pool bid; who decides on them knows, and the composition root passes it in. */
export type BidsOfReplicas = (db: Db, pool: string) => Promise<readonly Worth[]>

async function requirePool(db: Db, pool: string): Promise<Pool> {
  const found = await findPool(db, pool)
  if (found === null) throw new Fault('pool.not_found', `There is no pool ${pool}.`)
  return found
}

interface BenchmarkContext {
  readonly now: Date
  readonly bidsOfReplicas: BidsOfReplicas
  /** To others, open orders are sealed until their window has cleared: they move no price that a buyer sees. */
  readonly isOperator: boolean
}

/** What those who pay by the hour pay. */
async function worthsOfLeases(db: Db, pool: string): Promise<readonly Worth[]> {
  return (await listOpenLeases(db, pool)).flatMap(({ kind, gpus, priceUsd, blockId }): Worth[] =>
    kind === 'anchor' || kind === 'serving' || priceUsd === null || blockId !== null
      ? []
      : [{ kind, name: null, gpus, worth: priceUsd }],
  )
}

/** GPUs that are not the owner's and work: free, or with somebody who pays by the hour or earns by the token. */
async function countForAll(db: Db, pool: string, slotsFree: number): Promise<number> {
  const sold = (await listOpenLeases(db, pool)).filter(
    // What a block has is sold, whatever is worth what now.
    ({ kind, placements, blockId }) =>
      kind !== 'anchor' && placements.length > 0 && blockId === null,
  )
  return sold.reduce((sum, { gpus }) => sum + gpus, slotsFree)
}

/** Who wants GPUs of a pool by the hour at which worth, and what there is for them and for replicas. */
export async function readHourLine(db: Db, pool: string, now: Date) {
  const supply = await readSupply(db, pool)
  const { reserve } = await readReserve(db, pool, { supply, at: now })
  return {
    worths: [...(await worthsOfLeases(db, pool)), ...(await bidsOfOrders(db, pool))],
    gpus: await countForAll(db, pool, supply.slotsFree),
    gpusFree: await countForSale(db, pool, { supply, now }),
    reserve,
  }
}

async function bidsOfOrders(db: Db, pool: string): Promise<readonly Worth[]> {
  const filter = { organizationId: null, pool, limit: ORDERS_MAX }
  const open = [
    ...(await listOrders(db, { ...filter, state: 'pending' })),
    ...(await listOrders(db, { ...filter, state: 'standing' })),
  ]
  return open.flatMap(({ gpus, limit }): Worth[] =>
    limit === null ? [] : [{ kind: 'order', name: null, gpus, worth: limit }],
  )
}

/** Who wants it for less than anything is sold for would not get it with room either. */
function whyNot(
  { worth, isServed }: Worth & { readonly isServed: boolean },
  reserve: Money,
): 'below_reserve' | 'no_room' | null {
  if (isServed) return null
  return worth < reserve ? 'below_reserve' : 'no_room'
}

export async function answerBenchmark(db: Db, poolName: string, context: BenchmarkContext) {
  const { now, isOperator, bidsOfReplicas } = context
  await requirePool(db, poolName)
  const supply = await readSupply(db, poolName)
  const { reserve } = await readReserve(db, poolName, { supply, at: now })
  const worths = [
    ...(await worthsOfLeases(db, poolName)),
    ...(isOperator ? await bidsOfOrders(db, poolName) : []),
    ...(await bidsOfReplicas(db, poolName)),
  ]
  const gpusForSale = await countForAll(db, poolName, supply.slotsFree)
  const { price, basis, stack } = benchmarkOf(worths, { gpus: gpusForSale, reserve })
  return {
    ...{ pool: poolName, at: now.toISOString(), usdPerGpuHour: renderMoney(price), basis },
    gpusForSale,
    // Who pays and earns what is nobody's business but the operator's.
    stack: (isOperator ? stack : []).map(({ worth, ...each }) => ({
      ...each,
      usdPerGpuHour: renderMoney(worth),
      whyNot: whyNot({ worth, ...each }, reserve),
    })),
  }
}

/** What blocks have booked at an instant, and what that changes of what is free. */
async function readBooked(db: Db, pool: string) {
  const held = new Map<string, number>()
  for (const { blockId, slots } of await listBlockClaims(db))
    held.set(blockId, (held.get(blockId) ?? 0) + slots.length)
  const bookings = await listBookings(db, pool)
  return (atMs: number) => {
    let [booked, change] = [0, 0]
    for (const { id, gpus, startsAt, endsAt } of bookings) {
      const has = held.get(id) ?? 0
      const isOver = endsAt.getTime() <= atMs
      if (isOver) change += has
      else if (startsAt.getTime() <= atMs) {
        booked += gpus
        change -= Math.max(0, gpus - has)
      }
    }
    return { booked, change }
  }
}

export async function answerCalendar(
  db: Db,
  poolName: string,
  { from, hours, now }: { readonly from: Date | null; readonly hours: number; readonly now: Date },
) {
  await requirePool(db, poolName)
  const thisHour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS
  const startMs = from === null ? thisHour : Math.floor(from.getTime() / HOUR_MS) * HOUR_MS
  if (startMs < thisHour) {
    const [field, message] = ['query.from', `is in the past; it is ${now.toISOString()} now`]
    throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
  }
  const { slotsTotal, slotsFree } = await readSupply(db, poolName)
  const { coming, yielding } = await knownEnds(db, poolName, now)
  const bookedAt = await readBooked(db, poolName)
  const slotsBy = (list: typeof coming, atMs: number) =>
    list.reduce((sum, each) => sum + (each.atMs <= atMs ? each.slots : 0), 0)
  return {
    pool: poolName,
    hours: Array.from({ length: hours }, (_, index) => {
      const fromMs = startMs + index * HOUR_MS
      const atMs = Math.max(fromMs, now.getTime())
      const { booked, change } = bookedAt(atMs)
      // What spot and flex have is what blocks take first of what is not free.
      const free = slotsFree + slotsBy(coming, atMs) + change
      return {
        from: new Date(fromMs).toISOString(),
        to: new Date(fromMs + HOUR_MS).toISOString(),
        gpusTotal: slotsTotal,
        gpusFree: Math.max(0, free),
        gpusYielding: Math.max(0, slotsBy(yielding, atMs) + Math.min(0, free)),
        gpusBooked: booked,
      }
    }),
  }
}

export async function answerTransfer(
  db: Db,
  poolName: string,
  {
    from: asked,
    to,
    isPosted,
  }: { readonly from: Date | null; readonly to: Date; readonly isPosted: boolean },
) {
  const pool = await requirePool(db, poolName)
  const from = asked ?? new Date(to.getTime() - DAY_MS)
  if (from >= to) {
    const [field, message] = ['query.from', 'is not before `to`']
    throw new Fault('request.invalid', `${field}: ${message}`, { fields: [{ field, message }] })
  }
  const slotsKept = pool.reclaim.anchorHeadroom
  const [split] = await accountPool(db, poolName, { from, to, count: 1 })
  const keptMs = slotsKept * (to.getTime() - from.getTime())
  // What is kept stands idle as far as anything did.
  const idleMs = Math.min(keptMs, split?.freeMs ?? 0)
  const price: Money = await typicalPrice(db, poolName, { from, to })
  const time = { reservedMs: BigInt(keptMs), usedMs: BigInt(keptMs - idleMs) }
  return {
    ...{ pool: poolName, from: from.toISOString(), to: to.toISOString(), slotsKept },
    ...{ keptGpuMs: keptMs, idleGpuMs: idleMs, usdPerGpuHour: renderMoney(price) },
    chargeUsd: renderMoney(transferPrice(time, price)),
    posted: { isOn: isPosted, ...(await answerPostings(db, poolName, { from, to })) },
  }
}
