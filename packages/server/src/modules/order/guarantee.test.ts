/** Spot bounded by the surplus of its tier, and spot that is promised for hours: sold, kept, broken, credited. */
import { afterEach, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { money } from '#kernel/money.ts'
import {
  evacuateNode,
  listEndedPromises,
  reclaimRoutes,
  verifyCredits,
} from '#modules/lease/index.ts'
import { getBalance, verifyLedger } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { listClearings } from './clearing-store.ts'
import { orderRoutes } from './routes.ts'
import { headWaitsMs } from './store.ts'
import { type Buyer, makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

const HOUR_MS = 3_600_000
const LEVELS = 34
let stand: OrderStand

async function begin(): Promise<OrderStand> {
  stand = await makeOrderStand((await cloneDatabase()).db)
  return stand
}

afterEach(() => stand.dispose())

interface Foreseen {
  /** The peak of the owner's demand, for certain; within a day it may be all of the pool. */
  readonly peak: number
  /** What is promised, by hours. */
  readonly offered: Readonly<Record<number, number>>
}

/** A forecast of the hour that has just passed, on the pool of sixteen. */
async function foresee({ peak, offered }: Foreseen): Promise<void> {
  const { database, clock } = stand
  const hour = new Date(Math.floor(clock.now().getTime() / HOUR_MS) * HOUR_MS - HOUR_MS)
  const rows = [1, 2, 4, 24].map((hours) => ({
    ...{ pool_name: POOL, hour, horizon_hours: hours, capacity_gpus: 16, fallback: null },
    peak: Array.from({ length: LEVELS }, () => (hours === 24 ? 16 : peak)),
    offered_gpus: offered[hours] ?? null,
  }))
  await database.insertInto('demand_forecast').values(rows).execute()
}

const OFFERED = { 1: 8, 2: 4, 4: 4 }

async function run(of: Buyer, gpus: number, guaranteeHours?: number): Promise<string> {
  const { order, clear, find, stepLease } = stand
  const { id } = await order(of, { gpus, limit: '1.9', ...(guaranteeHours && { guaranteeHours }) })
  await clear()
  const { leaseId } = await find(id)
  await stepLease(leaseId ?? '')
  return leaseId ?? ''
}

test('plain spot is sold only as far as the forecast leaves, by auction and by lease alike', async () => {
  const { buyer, order, find, clear, lease, cycle, findLease, clock } = await begin()
  const a = await buyer('a')
  await foresee({ peak: 10, offered: { 1: 2, 2: 2, 4: 2 } })
  const [first, second] = [
    await order(a, { gpus: 4, limit: '0.9' }),
    await order(a, { gpus: 4, limit: '0.8' }),
  ]
  await clear()
  expect((await find(first.id)).state).toBe('filled')
  expect((await find(second.id)).state).toBe('standing')
  // when leases are asked for at the list price, six in all may be spot
  const two = await lease(a, { gpus: 2 })
  clock.advance(1)
  const three = await lease(a, { gpus: 1 })
  const flex = await lease(a, { gpus: 1, kind: 'flex' })
  await cycle()
  const states = [two, three, flex].map(async ({ id }) => (await findLease(id)).state)
  expect(await Promise.all(states)).toEqual(['starting', 'pending', 'starting'])
  expect((await findLease(three.id)).waitingFor).toContain('may be now')
})

test('without a forecast that holds, plain spot is sold from all that is free, and nothing is promised', async () => {
  const { buyer, order, find, clear, clock } = await begin()
  const a = await buyer('a')
  await foresee({ peak: 16, offered: OFFERED })
  clock.advance(5 * HOUR_MS)
  const plain = await order(a, { gpus: 8, nodes: 2, limit: '1' })
  const promised = await order(a, { gpus: 1, limit: '1.5', guaranteeHours: 1 })
  await clear()
  expect((await find(plain.id)).state).toBe('filled')
  expect((await find(promised.id)).state).toBe('standing')
})

test('a guarantee is sold only while its tier has room for it, counting all that still run', async () => {
  const { buyer, order, find, clear, clock, database } = await begin()
  const [a, b] = [await buyer('a'), await buyer('b')]
  await foresee({ peak: 4, offered: OFFERED })
  const leaseId = await run(a, 4, 2)
  expect(leaseId).not.toBe('')
  const more = await order(b, { gpus: 1, limit: '1.5', guaranteeHours: 4 })
  const short = await order(b, { gpus: 4, limit: '1.5', guaranteeHours: 1 })
  await clear()
  expect((await find(more.id)).state).toBe('standing')
  expect((await find(short.id)).state).toBe('filled')
  expect((await headWaitsMs(database, clock.now())).get(POOL)).toBeGreaterThan(0)
  // when the first has been kept for all of its time
  clock.advance(2 * HOUR_MS)
  await foresee({ peak: 4, offered: OFFERED })
  await clear()
  expect((await find(more.id)).state).toBe('filled')
})

test('a guarantee has a clearing of its own, at a reserve that is higher by its premium', async () => {
  const { buyer, order, find, clear, database, ids } = await begin()
  const a = await buyer('a')
  await foresee({ peak: 4, offered: OFFERED })
  const plain = await order(a, { gpus: 1, limit: '1' })
  const promised = await order(a, { gpus: 1, limit: '1', guaranteeHours: 4 })
  await clear()
  const price = async (id: string) => (await find(id)).priceUsd ?? 0n
  expect(((await price(plain.id)) * 125n) / 100n).toBe(await price(promised.id))
  const cleared = await listClearings(database, { limit: 10 })
  expect(new Set(cleared.map(({ guaranteeHours }) => guaranteeHours))).toEqual(new Set([0, 4]))
  const { getReservePrice } = orderRoutes({ ids, pepper: 'pepper' })
  const call = { db: database, params: { pool: POOL }, now: stand.clock.now() }
  const told = await getReservePrice(call as Parameters<typeof getReservePrice>[0])
  expect(told).toMatchObject({
    guarantees: [
      { hours: 1, gpusFree: 7 },
      { hours: 2, gpusFree: 3 },
      { hours: 4, gpusFree: 3 },
    ],
  })
})

test('the owner does not have it back within its time, and does afterwards', async () => {
  const { buyer, lease, cycle, findLease, clock, stepLease } = await begin()
  const a = await buyer('a')
  await foresee({ peak: 4, offered: OFFERED })
  const leaseId = await run(a, 4, 2)
  const { startedAt, terms } = await findLease(leaseId)
  expect(terms).toMatchObject({ minimumRunMs: 2 * HOUR_MS, guarantee: { ms: 2 * HOUR_MS } })
  // when the owner wants the whole pool
  await lease(a, { gpus: 16, nodes: 4, kind: 'anchor' })
  await cycle()
  expect((await findLease(leaseId)).state).toBe('running')
  clock.advance((startedAt?.getTime() ?? 0) + 2 * HOUR_MS - clock.now().getTime() - 1000)
  await stepLease(leaseId)
  await cycle()
  expect((await findLease(leaseId)).state).toBe('running')
  clock.advance(2000)
  await cycle()
  expect((await findLease(leaseId)).state).toBe('reclaiming')
})

test('one that is broken all the same is recorded, and all that it cost is given back', async () => {
  const { buyer, findLease, clock, stepLease, database, ids } = await begin()
  const a = await buyer('a')
  await foresee({ peak: 4, offered: OFFERED })
  const leaseId = await run(a, 4, 2)
  clock.advance(HOUR_MS / 2)
  await stepLease(leaseId)
  const before = (await getBalance(database, a.organizationId)).posted
  expect(before).toBeLessThan(money('1000'))
  // when its node is taken out of service
  const nodeId = (await findLease(leaseId)).placements[0]?.nodeId ?? ''
  await inTransaction(database, (tx) => evacuateNode(tx, { nodeId, now: clock.now(), ids }))
  await stepLease(leaseId)
  clock.advance(1000)
  await stepLease(leaseId)
  // then
  expect((await findLease(leaseId)).state).toBe('ended')
  expect((await getBalance(database, a.organizationId)).posted).toBe(money('1000'))
  const { listReclaims } = reclaimRoutes(database)
  const principal = { role: 'operator', organizationId: 'none' }
  const call = { db: database, principal, query: { limit: 10 } }
  const { items } = await listReclaims(call as unknown as Parameters<typeof listReclaims>[0])
  expect(items).toMatchObject([{ leaseId, cause: 'maintenance', isGuaranteeBroken: true }])
  expect(items[0]?.compensationText).toContain('guarantee of 2 h was broken')
  expect((await verifyCredits(database)).filter(({ isHeld }) => !isHeld)).toEqual([])
  expect((await verifyLedger(database)).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
  const ended = await listEndedPromises(database, new Date(0))
  expect(ended).toMatchObject([{ pool: POOL, hours: 2, isBroken: true }])
})

test('only spot has a guarantee', async () => {
  const { buyer, order } = await begin()
  const asked = order(await buyer('a'), { kind: 'on_demand', limit: null, guaranteeHours: 1 })
  const error: unknown = await asked.catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(Fault)
  expect((error as Fault).fields?.map(({ field }) => field)).toEqual(['body.guaranteeHours'])
})
