/** Pools over HTTP: what is free and what it costs now. */
import { renderMoney } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { listNodes, listPools, listSites, type Pool } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { getGpuPrice, TIERS } from './prices.ts'

async function renderPrices(db: Db, pool: Pool, at: Date) {
  const prices = await Promise.all(
    TIERS.map(async (tier) => {
      const { price } = await getGpuPrice(db, { pool: pool.name, tier, at })
      return [tier, renderMoney(price.amount)] as const
    }),
  )
  return Object.fromEntries(prices) as { on_demand: string; spot: string; flex: string }
}

export const marketRoutes: Pick<Routes, 'listPools'> = {
  listPools: async ({ db, now }) => {
    const [sites, pools, nodes, claims] = [
      await listSites(db),
      await listPools(db),
      await listNodes(db),
      await listOpenClaims(db),
    ]
    const items = pools.map(async (pool) => {
      const mine = nodes.filter((node) => node.pool === pool.name)
      const total = mine.reduce((sum, node) => sum + node.slotCount, 0)
      const taken = claims
        .filter((claim) => mine.some((node) => node.id === claim.nodeId))
        .reduce((sum, claim) => sum + claim.slots.length, 0)
      return {
        name: pool.name,
        site: pool.site,
        region: sites.find((site) => site.name === pool.site)?.region ?? '',
        accelerator: pool.accelerator,
        acceleratorKind: pool.acceleratorKind,
        engine: pool.engine,
        slotsTotal: total,
        slotsFree: total - taken,
        slotsPerNodeMax: Math.max(0, ...mine.map((node) => node.slotCount)),
        priceUsdPerGpuHour: await renderPrices(db, pool, now),
        noticeMs: {
          on_demand: pool.reclaim.on_demand.noticeMs,
          spot: pool.reclaim.spot.noticeMs,
          flex: pool.reclaim.flex.noticeMs,
        },
        reclaim: pool.reclaim,
      }
    })
    return { items: await Promise.all(items), nextCursor: null }
  },
}
