/** What a pool's GPUs are worth now, what can be bought by the hour, and what the owner's kept capacity costs. */
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { greatest, type Money, picos, renderMoney, subtract, ZERO } from '#kernel/money.ts'
import { accountPool } from '#modules/book/index.ts'
import { marginalCostOf } from '#modules/economics/index.ts'
import { findPool, listSites, type Pool } from '#modules/fleet/index.ts'
import { listOpenLeases } from '#modules/lease/index.ts'
import { benchmarkOf, transferPrice, type Worth } from '#modules/market/index.ts'
import { revenueBySku } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { knownEnds } from './ends-service.ts'
import { readReserve } from './rule-service.ts'
import { listOrders } from './store.ts'
import { readSupply } from './supply-service.ts'
import { answerPostings } from './transfer-service.ts'
import { typicalPrice } from './typical-price-service.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ORDERS_MAX = 10_000

/** Which pool serves a model; serving knows, and the composition root passes it in. */
export type PoolOfModel = (db: Db) => Promise<ReadonlyMap<string, string>>

async function requirePool(db: Db, pool: string): Promise<Pool> {
  const found = await findPool(db, pool)
  if (found === null) throw new Fault('pool.not_found', `There is no pool ${pool}.`)
  return found
}

/** What replicas earned per GPU-hour since the start of the last whole hour, less the energy of it: their bid. */
async function bidsOfReplicas(
  db: Db,
  pool: Pool,
  { now, poolOfModel }: { readonly now: Date; readonly poolOfModel: PoolOfModel },
): Promise<readonly Worth[]> {
  const replicas = (await listOpenLeases(db, pool.name)).filter(({ kind }) => kind === 'serving')
  const gpus = replicas.reduce((sum, lease) => sum + lease.gpus, 0)
  if (gpus === 0) return []
  const from = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS - HOUR_MS)
  const [split] = await accountPool(db, pool.name, { from, to: now, count: 1 })
  const servingMs = split?.byKindMs['serving'] ?? 0
  const models = [...(await poolOfModel(db))].flatMap(([model, its]) =>
    its === pool.name ? [model] : [],
  )
  const earned = (await revenueBySku(db, { from, to: now }))
    .filter(({ sku }) => models.some((model) => sku.startsWith(`tokens.${model}.`)))
    .reduce((sum, { revenue }) => sum + revenue, 0n)
  const site = present(
    (await listSites(db)).find(({ name }) => name === pool.site),
    'the site of a pool',
  )
  const perHour = servingMs === 0 ? ZERO : picos((earned * BigInt(HOUR_MS)) / BigInt(servingMs))
  const margin = subtract(perHour, marginalCostOf({ ...pool, ...site }, HOUR_MS))
  return [{ kind: 'serving', name: models.join(', '), gpus, worth: greatest(ZERO, margin) }]
}

interface BenchmarkContext {
  readonly now: Date
  readonly poolOfModel: PoolOfModel
  /** To others, open orders are sealed until their window has cleared: they move no price that a buyer sees. */
  readonly isOperator: boolean
}

/** What is wanted of a pool, at which worth. */
async function worthsOf(db: Db, pool: Pool, context: BenchmarkContext): Promise<readonly Worth[]> {
  const leases = (await listOpenLeases(db, pool.name)).flatMap(
    ({ kind, gpus, priceUsd }): Worth[] =>
      kind === 'anchor' || kind === 'serving' || priceUsd === null
        ? []
        : [{ kind, name: null, gpus, worth: priceUsd }],
  )
  const orders = context.isOperator ? await bidsOfOrders(db, pool) : []
  return [...leases, ...orders, ...(await bidsOfReplicas(db, pool, context))]
}

async function bidsOfOrders(db: Db, pool: Pool): Promise<readonly Worth[]> {
  const filter = { organizationId: null, pool: pool.name, limit: ORDERS_MAX }
  const open = [
    ...(await listOrders(db, { ...filter, state: 'pending' })),
    ...(await listOrders(db, { ...filter, state: 'standing' })),
  ]
  return open.flatMap(({ gpus, limit }): Worth[] =>
    limit === null ? [] : [{ kind: 'order', name: null, gpus, worth: limit }],
  )
}

export async function answerBenchmark(db: Db, poolName: string, context: BenchmarkContext) {
  const { now } = context
  const pool = await requirePool(db, poolName)
  const supply = await readSupply(db, poolName)
  const { reserve } = await readReserve(db, poolName, { supply, at: now })
  const worths = await worthsOf(db, pool, context)
  const sold = (await listOpenLeases(db, poolName))
    .filter(({ kind, placements }) => kind !== 'anchor' && placements.length > 0)
    .reduce((sum, { gpus }) => sum + gpus, 0)
  const gpusForSale = supply.slotsFree + sold
  const { price, basis, stack } = benchmarkOf(worths, { gpus: gpusForSale, reserve })
  return {
    ...{ pool: poolName, at: now.toISOString(), usdPerGpuHour: renderMoney(price), basis },
    gpusForSale,
    // Who pays and earns what is nobody's business but the operator's.
    stack: (context.isOperator ? stack : []).map(({ worth, ...each }) => ({
      ...each,
      usdPerGpuHour: renderMoney(worth),
    })),
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
  const slotsBy = (list: typeof coming, atMs: number) =>
    list.reduce((sum, each) => sum + (each.atMs <= atMs ? each.slots : 0), 0)
  return {
    pool: poolName,
    hours: Array.from({ length: hours }, (_, index) => {
      const fromMs = startMs + index * HOUR_MS
      const atMs = Math.max(fromMs, now.getTime())
      return {
        from: new Date(fromMs).toISOString(),
        to: new Date(fromMs + HOUR_MS).toISOString(),
        gpusTotal: slotsTotal,
        gpusFree: slotsFree + slotsBy(coming, atMs),
        gpusYielding: slotsBy(yielding, atMs),
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
