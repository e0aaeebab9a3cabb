/** The owner's books over HTTP. */
import { Fault } from '#kernel/fault.ts'
import { add, type Money, renderMoney, subtract, ZERO } from '#kernel/money.ts'
import { accountPool } from '#modules/book/index.ts'
import {
  listNodes,
  listNodeSpans,
  listPools,
  listSites,
  type Pool,
  type Site,
} from '#modules/fleet/index.ts'
import {
  compensationTotal,
  creditGranted,
  internalTotals,
  overrunTotal,
} from '#modules/ledger/index.ts'
import { revenueBySku, type SkuRevenue } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { accountOfPool, marginalCostOf, type PoolCosts, soldMsOf, standingCostOf } from './books.ts'

/** Which pool serves a model; serving knows, and the composition root passes it in. */
export type PoolOfModel = (db: Db) => Promise<ReadonlyMap<string, string>>

interface Period {
  readonly from: Date
  readonly to: Date
}

function costsOf(pool: Pool, site: Site): PoolCosts {
  return { ...pool, pue: site.pue, powerUsdPerKwh: site.powerUsdPerKwh }
}

function sumWhere(revenue: readonly SkuRevenue[], isMine: (sku: string) => boolean): Money {
  return add(...revenue.filter((row) => isMine(row.sku)).map((row) => row.revenue))
}

function revenueOfPool(
  pool: string,
  revenue: readonly SkuRevenue[],
  pools: ReadonlyMap<string, string>,
) {
  const models = [...pools].flatMap(([model, itsPool]) => (itsPool === pool ? [model] : []))
  return {
    gpu: sumWhere(revenue, (sku) => sku.startsWith(`gpu.${pool}.`)),
    block: sumWhere(revenue, (sku) => sku === `gpu.${pool}.reserved`),
    token: sumWhere(revenue, (sku) => {
      // Behind an @ stands the tier.
      const [kind] = sku.split('@')
      return models.some(
        (model) => kind === `tokens.${model}.input` || kind === `tokens.${model}.output`,
      )
    }),
  }
}

async function slotTime(db: Db, pool: string, { from, to }: Period) {
  const [split] = await accountPool(db, pool, { from, to, count: 1 })
  return split ?? { byKindMs: {}, freeMs: 0, totalMs: 0 }
}

/** Cash earned over everything so far, against what the slots cost. */
async function recovery(
  db: Db,
  pool: Pool,
  { site, to, poolOfModel }: { site: Site; to: Date; poolOfModel: PoolOfModel },
) {
  const spans = await listNodeSpans(db, pool.name)
  const first = Math.min(to.getTime() - 1, ...spans.map((span) => span.fromMs))
  const period = { from: new Date(first), to }
  const split = await slotTime(db, pool.name, period)
  const revenue = revenueOfPool(pool.name, await revenueBySku(db, period), await poolOfModel(db))
  const costs = costsOf(pool, site)
  const cash = subtract(
    add(revenue.gpu, revenue.token),
    add(marginalCostOf(costs, soldMsOf(split)), standingCostOf(costs, split.totalMs)),
  )
  const slots = (await listNodes(db))
    .filter((node) => node.pool === pool.name)
    .reduce((sum, node) => sum + node.slotCount, 0)
  const capex = (pool.capexUsdPerGpu * BigInt(slots)) as Money
  const fraction = capex === 0n ? 0 : Number((cash * 1_000_000_000n) / capex) / 1_000_000_000
  return { capex, fraction }
}

async function renderPoolBooks(
  db: Db,
  pool: Pool,
  context: {
    site: Site
    period: Period
    revenue: readonly SkuRevenue[]
    poolOfModel: PoolOfModel
    internal: Awaited<ReturnType<typeof internalTotals>>
  },
) {
  const { site, period, poolOfModel } = context
  const split = await slotTime(db, pool.name, period)
  const revenue = revenueOfPool(pool.name, context.revenue, await poolOfModel(db))
  const account = accountOfPool(split, costsOf(pool, site), add(revenue.gpu, revenue.token))
  const { capex, fraction } = await recovery(db, pool, { site, to: period.to, poolOfModel })
  return {
    pool: pool.name,
    byKindMs: { ...split.byKindMs },
    freeMs: split.freeMs,
    totalMs: split.totalMs,
    soldFraction: account.soldFraction,
    usedFraction: account.usedFraction,
    gpuRevenueUsd: renderMoney(revenue.gpu),
    blockRevenueUsd: renderMoney(revenue.block),
    tokenRevenueUsd: renderMoney(revenue.token),
    revenueUsd: renderMoney(account.revenueUsd),
    marginalCostUsd: renderMoney(account.marginalCostUsd),
    depreciationUsd: renderMoney(account.depreciationUsd),
    standingCostUsd: renderMoney(account.standingCostUsd),
    contributionUsd: renderMoney(account.contributionUsd),
    marginAfterDepreciationUsd: renderMoney(account.marginAfterDepreciationUsd),
    internalUsedUsd: renderMoney(context.internal(pool.name).used),
    internalKeptUsd: renderMoney(context.internal(pool.name).kept),
    capexUsd: renderMoney(capex),
    capexRecoveredFraction: fraction,
  }
}

function monthStart(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
}

export function economicsRoutes(poolOfModel: PoolOfModel): Pick<Routes, 'getBooks'> {
  return {
    getBooks: async ({ db, query, now }) => {
      const asked = query.to ? new Date(query.to) : now
      const period = {
        from: query.from ? new Date(query.from) : monthStart(now),
        to: asked < now ? asked : now,
      }
      if (period.from >= period.to)
        throw new Fault('request.invalid', 'query.from: must lie before `to`, and before now.')
      const [sites, pools, revenue] = [
        await listSites(db),
        await listPools(db),
        await revenueBySku(db, period),
      ]
      const internal = await internalTotals(db, period)
      const rendered = []
      for (const pool of pools) {
        const site = sites.find((each) => each.name === pool.site)
        if (site)
          rendered.push(
            await renderPoolBooks(db, pool, { site, period, revenue, poolOfModel, internal }),
          )
      }
      return {
        from: period.from.toISOString(),
        to: period.to.toISOString(),
        currency: 'USD' as const,
        pools: rendered,
        revenueBySku: revenue.map((row) => ({
          sku: row.sku,
          quantity: row.quantity.toString(),
          unit: row.unit,
          revenueUsd: renderMoney(row.revenue),
        })),
        overrunUsd: renderMoney((await overrunTotal(db, period)) ?? ZERO),
        reclaimCompensationUsd: renderMoney(await compensationTotal(db, 'reclaim', period)),
        faultCompensationUsd: renderMoney(await compensationTotal(db, 'fault', period)),
        blockCompensationUsd: renderMoney(await compensationTotal(db, 'block', period)),
        sellBackCompensationUsd: renderMoney(await compensationTotal(db, 'sell_back', period)),
        creditGrantedUsd: renderMoney((await creditGranted(db, period)) ?? ZERO),
      }
    },
  }
}
