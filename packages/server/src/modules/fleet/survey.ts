/** Matches what the fleet file declares with what the engine of each pool found. Pure. */
import type { Isolation, NodeInventory } from '#platform/engines/engine.ts'
import type { FleetFile, FleetFileFault, FleetPool } from './fleet-file.ts'

/** A node with its slots settled. */
export interface SurveyedNode {
  readonly pool: string
  readonly name: string
  readonly slotCount: number
  readonly hardware: string
  readonly rack: string | null
  readonly fabric: string | null
}

export interface SurveyedPool {
  readonly pool: string
  readonly accelerator: string
  readonly acceleratorKind: 'gpu' | 'cpu'
  readonly finding: string
  readonly isolation: Isolation
}

/** What holds for an engine that says nothing of it. */
export const BY_ACCOUNTS: Isolation = {
  kind: 'accounts',
  text: 'the accounts of its engine keep customers apart',
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
  /** What the engine of each pool found. */
  readonly found: ReadonlyMap<string, readonly NodeInventory[]>
  readonly lineOf: (path: readonly PropertyKey[]) => number | null
}

type Path = readonly PropertyKey[]

/** A node that the file names, or one that was found and the file leaves to the engine. */
interface Wanted {
  readonly name: string
  readonly slots: number | 'auto'
  readonly path: Path
}

function wantedNodes(
  pool: FleetPool,
  found: readonly NodeInventory[],
  path: Path,
): readonly Wanted[] {
  if ('nodes' in pool && pool.nodes.length > 0)
    return pool.nodes.map((node, n) => ({ ...node, path: [...path, 'nodes', n, 'slots'] }))
  return found.map(({ node }) => ({
    name: node,
    slots: 'auto' as const,
    path: [...path, 'engine'],
  }))
}

/** How many slots `auto` means. */
export function autoSlotCount({ acceleratorKind, slotCountMax }: NodeInventory): number {
  return acceleratorKind === 'gpu' ? slotCountMax : Math.min(slotCountMax, CPU_SLOTS_AUTO_MAX)
}

type Settled =
  | { readonly kind: 'node'; readonly node: SurveyedNode }
  | { readonly kind: 'fault'; readonly path: Path; readonly message: string }

function settleNode(
  pool: string,
  { name, slots, path }: Wanted,
  found: ReadonlyMap<string, NodeInventory>,
): Settled {
  const inventory = found.get(name)
  if (!inventory) {
    const names = [...found.keys()]
    const known = names.length > 12 ? `${names.slice(0, 12).join(', ')}, \u2026` : names.join(', ')
    const message = `there is no node \`${name}\`; the engine knows ${known || 'none'}`
    return { kind: 'fault', path, message }
  }
  const slotCount = slots === 'auto' ? autoSlotCount(inventory) : slots
  const { slotCountMax, finding, hardware, rack, fabric } = inventory
  if (slotCount > slotCountMax || slotCount === 0) {
    const message = `node \`${name}\` wants ${slotCount || 'some'} slots, but there are only ${slotCountMax} (${finding}); write at most ${slotCountMax}, or auto`
    return { kind: 'fault', path, message }
  }
  return { kind: 'node', node: { pool, name, slotCount, hardware, rack, fabric } }
}

export interface SettledPool {
  readonly pool?: SurveyedPool
  readonly nodes?: readonly SurveyedNode[]
  readonly faults: readonly { readonly path: Path; readonly message: string }[]
}

/** Settles one pool. A node that the file names and the engine lacks is a fault, and is left out. */
export function surveyPool(
  pool: FleetPool,
  found: readonly NodeInventory[],
  path: Path = [],
): SettledPool {
  const [first] = found
  if (!first) return { faults: [{ path, message: `pool \`${pool.name}\` has no nodes` }] }
  const byName = new Map(found.map((each) => [each.node, each]))
  const settled = wantedNodes(pool, found, path).map((each) => settleNode(pool.name, each, byName))
  const { hardware, acceleratorKind, finding, isolation = BY_ACCOUNTS } = first
  const accelerator = pool.accelerator === 'auto' ? hardware : pool.accelerator
  return {
    pool: { pool: pool.name, accelerator, acceleratorKind, finding, isolation },
    nodes: settled.flatMap((each) => (each.kind === 'node' ? [each.node] : [])),
    faults: settled.flatMap((each) => (each.kind === 'fault' ? [each] : [])),
  }
}

/**
 * Settles the nodes of each pool and their slots, or says what the file wants that is not there. Pools whose engine
 * did not answer are not in `found`, and nothing is said of them.
 */
export function surveyFleet({ fleet, found, lineOf }: Facts): Survey {
  const settled = fleet.sites.flatMap((site, s) =>
    site.pools.flatMap((pool, p) => {
      const inventory = found.get(pool.name)
      return inventory ? [surveyPool(pool, inventory, ['sites', s, 'pools', p])] : []
    }),
  )
  const faults = settled
    .flatMap((each) => each.faults)
    .map(({ path, message }) => ({ line: lineOf(path), message }))
  if (faults.length > 0) return { kind: 'refused', faults }
  return {
    kind: 'settled',
    pools: settled.flatMap((each) => each.pool ?? []),
    nodes: settled.flatMap((each) => each.nodes ?? []),
  }
}
