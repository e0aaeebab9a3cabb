/** Makes the engine of each pool that the fleet file declares. The one place that knows every kind of engine. */
import { join } from 'node:path'
import type { FleetFile, FleetPool } from '#modules/fleet/index.ts'
import { createEngines, type Engine, type Engines } from '#platform/engines/engine.ts'
import { createLocalEngine } from '#platform/engines/local/local-engine.ts'

export interface EngineSurroundings {
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

function createEngine(pool: FleetPool, { dataDir, environment }: EngineSurroundings): Engine {
  const [node] = pool.nodes
  const directory = join(dataDir, 'engine')
  return createLocalEngine({ directory, environment, node: node?.name ?? 'local' })
}

export function createEnginesOf(fleet: FleetFile, surroundings: EngineSurroundings): Engines {
  const pools = fleet.sites.flatMap((site) => site.pools)
  return createEngines(new Map(pools.map((pool) => [pool.name, createEngine(pool, surroundings)])))
}
