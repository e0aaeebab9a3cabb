/**
 * Where a job of the owner's people goes in a simulated cluster, by the simulated engine's own rules: free slots first,
 * else slots of spot and flex, whose whole attempts have to go. Deterministic.
 */
import type { Placement } from '#platform/engines/engine.ts'
import { GIVES_WAY, type SimulatedAttempt } from './attempt.ts'
import type { SimulatedJob } from './job.ts'
import type { SimulatedNode } from './node.ts'

export interface JobPlan {
  readonly placements: readonly Placement[]
  readonly victims: ReadonlySet<SimulatedAttempt>
}

/** What a job gets of a node: free slots, and slots of those who could go, the first to go first. */
function takeFrom(node: SimulatedNode, job: SimulatedJob) {
  const free: number[] = []
  const takeable: { slot: number; victim: SimulatedAttempt }[] = []
  for (const [slot, owner] of node.owners.entries()) {
    if (node.isFree(slot, job)) free.push(slot)
    else if (owner?.is === 'attempt' && GIVES_WAY.includes(owner.kind)) {
      const isKept = (node.keptFor[slot] ?? null) !== null
      if (!isKept && !node.faults.has(slot)) takeable.push({ slot, victim: owner })
    }
  }
  const own = free.slice(0, job.spec.gpusPerNode)
  const taken = takeable
    .toSorted((a, b) => inOrder(a.victim, b.victim))
    .slice(0, job.spec.gpusPerNode - own.length)
  const slots = [...own, ...taken.map(({ slot }) => slot)].sort((a, b) => a - b)
  return { slots, victims: taken.map(({ victim }) => victim) }
}

/** Flex before spot, and whoever began last first. */
function inOrder(a: SimulatedAttempt, b: SimulatedAttempt): number {
  const rank = GIVES_WAY.indexOf(a.kind) - GIVES_WAY.indexOf(b.kind)
  return rank || (b.startedMs ?? Infinity) - (a.startedMs ?? Infinity) || (a.id < b.id ? 1 : -1)
}

/** The first nodes of one fabric that has enough, else the first of all. */
function chooseNodes(
  nodes: readonly SimulatedNode[],
  count: number,
): readonly SimulatedNode[] | null {
  if (nodes.length < count) return null
  if (count === 1) return nodes.slice(0, 1)
  for (const ofFabric of Map.groupBy(nodes, ({ fabric }) => fabric).values())
    if (ofFabric.length >= count) return ofFabric.slice(0, count)
  return nodes.slice(0, count)
}

/** Null when there is no room, whoever goes. */
export function planJob(job: SimulatedJob, nodes: Iterable<SimulatedNode>): JobPlan | null {
  const { gpusPerNode, nodes: count } = job.spec
  const fitting: SimulatedNode[] = []
  const possible: SimulatedNode[] = []
  for (const node of nodes) {
    const { free, takeable } = node.room
    if (free >= gpusPerNode) fitting.push(node)
    if (free + takeable >= gpusPerNode) possible.push(node)
  }
  const byLeastTaken = () => possible.toSorted((a, b) => b.room.free - a.room.free)
  const chosen = chooseNodes(fitting, count) ?? chooseNodes(byLeastTaken(), count)
  if (chosen === null) return null
  const victims = new Set<SimulatedAttempt>()
  const placements = chosen.map((node) => {
    const taken = takeFrom(node, job)
    for (const victim of taken.victims) victims.add(victim)
    return { node: node.name, slots: taken.slots }
  })
  return { placements, victims }
}
