/** The fleet over HTTP, for the operator. */
import { renderMoney } from '#kernel/money.ts'
import type { Routes } from '#platform/http/handler.ts'
import type { Node } from './node-state.ts'
import { listNodes, listPools, listSites, type Pool } from './store.ts'

function renderIsolation({ isolation: { registries, ...isolation } }: Pool) {
  return registries === undefined ? isolation : { ...isolation, registries: [...registries] }
}

function renderPool(pool: Pool, nodes: readonly Node[]) {
  return {
    name: pool.name,
    accelerator: pool.accelerator,
    acceleratorKind: pool.acceleratorKind,
    engine: pool.engine,
    finding: pool.finding,
    isolation: renderIsolation(pool),
    capexUsdPerGpu: renderMoney(pool.capexUsdPerGpu),
    lifeYears: pool.lifeYears,
    powerKwPerGpu: pool.powerKwPerGpu,
    nodes: nodes
      .filter((node) => node.pool === pool.name)
      .map(({ id, name, slotCount, state, reason, hardware, activeFrom }) => ({
        id,
        name,
        slotCount,
        state,
        reason,
        hardware,
        since: activeFrom.toISOString(),
      })),
  }
}

export function fleetRoutes(fleetFile: string): Pick<Routes, 'getFleet'> {
  return {
    getFleet: async ({ db }) => {
      const [sites, pools, nodes] = await Promise.all([listSites(db), listPools(db), listNodes(db)])
      return {
        fleetFile,
        sites: sites.map((site) => ({
          ...site,
          powerUsdPerKwh: renderMoney(site.powerUsdPerKwh),
          pools: pools
            .filter((pool) => pool.site === site.name)
            .map((pool) => renderPool(pool, nodes)),
        })),
      }
    },
  }
}
