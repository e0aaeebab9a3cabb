/** Matches what the fleet file declares with what the engines found on the machine. Pure. */
import type { NodeInventory } from '#platform/engines/engine.ts'
import type { FleetFile, FleetFileFault } from './fleet-file.ts'

/** A node of the fleet file with its slots settled. */
export interface SurveyedNode {
  readonly pool: string
  readonly name: string
  readonly slotCount: number
  readonly hardware: string
}

export interface SurveyedPool {
  readonly pool: string
  readonly accelerator: string
  readonly acceleratorKind: 'gpu' | 'cpu'
  readonly finding: string
}

export type Survey =
  | {
      readonly kind: 'settled'
      readonly pools: readonly SurveyedPool[]
      readonly nodes: readonly SurveyedNode[]
    }
  | { readonly kind: 'refused'; readonly faults: readonly FleetFileFault[] }

/** CPU slots that nobody asked for by number; more would only take turns on the same cores. */
const CPU_SLOTS_AUTO_MAX = 8

interface Facts {
  readonly fleet: FleetFile
  readonly found: NodeInventory
  readonly lineOf: (path: readonly PropertyKey[]) => number | null
}

/** One machine is one supply: pools on it may not together have more slots than it has. */
export function surveyFleet({ fleet, found, lineOf }: Facts): Survey {
  const pools: SurveyedPool[] = []
  const nodes: SurveyedNode[] = []
  const faults: FleetFileFault[] = []
  const autoMax =
    found.acceleratorKind === 'gpu'
      ? found.slotCountMax
      : Math.min(found.slotCountMax, CPU_SLOTS_AUTO_MAX)
  let left = found.slotCountMax
  fleet.sites.forEach((site, s) =>
    site.pools.forEach((pool, p) => {
      const accelerator = pool.accelerator === 'auto' ? found.hardware : pool.accelerator
      pools.push({
        pool: pool.name,
        accelerator,
        acceleratorKind: found.acceleratorKind,
        finding: found.finding,
      })
      pool.nodes.forEach((node, n) => {
        const wanted = node.slots === 'auto' ? Math.min(left, autoMax) : node.slots
        if (wanted > left || wanted === 0)
          faults.push({
            line: lineOf(['sites', s, 'pools', p, 'nodes', n, 'slots']),
            message: `node \`${node.name}\` wants ${wanted || 'some'} slots, but there are only ${left} (${found.finding}); write at most ${left}, or auto`,
          })
        left -= wanted
        nodes.push({
          pool: pool.name,
          name: node.name,
          slotCount: wanted,
          hardware: found.hardware,
        })
      })
    }),
  )
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'settled', pools, nodes }
}
