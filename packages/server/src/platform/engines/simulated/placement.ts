/**
 * Where a job of the owner's people goes in a simulated cluster, by the simulated engine's own rules: free slots first,
 * else slots of spot and flex, whose whole attempts have to go. Deterministic.
 */
import type { Placement } from '#platform/engines/engine.ts'
import type { SimulatedAttempt } from './attempt.ts'
import type { SimulatedJob } from './job.ts'
import type { SimulatedNode } from './node.ts'

/** Whom the owner's work may push aside, first to go first. */
const GIVES_WAY: readonly string[] = ['flex', 'spot']

export interface JobPlan {
  readonly placements: readonly Placement[]
  readonly victims: ReadonlySet<SimulatedAttempt>
}

interface Candidate {
  readonly node: SimulatedNode
  readonly free: readonly number[]
  /** Slots of those who could go, the first to go first. */
  readonly takeable: readonly { readonly slot: number; readonly victim: SimulatedAttempt }[]
}

function candidateOf(node: SimulatedNode, job: SimulatedJob): Candidate | null {
  if (node.lost !== null || node.drainReason !== null) return null
  const free: number[] = []
  const takeable: { slot: number; victim: SimulatedAttempt }[] = []
  for (const [slot, owner] of node.owners.entries()) {
    if (node.isFree(slot, job)) free.push(slot)
    else if (owner?.is === 'attempt' && GIVES_WAY.includes(owner.kind)) {
      const isKept = (node.keptFor[slot] ?? null) !== null
      if (!isKept && !node.faults.has(slot)) takeable.push({ slot, victim: owner })
    }
  }
  if (free.length + takeable.length < job.spec.gpusPerNode) return null
  return { node, free, takeable: takeable.toSorted((a, b) => inOrder(a.victim, b.victim)) }
}

/** Flex before spot, and whoever began last first. */
function inOrder(a: SimulatedAttempt, b: SimulatedAttempt): number {
  const rank = GIVES_WAY.indexOf(a.kind) - GIVES_WAY.indexOf(b.kind)
  return rank || (b.startedMs ?? Infinity) - (a.startedMs ?? Infinity) || (a.id < b.id ? 1 : -1)
}

/** The first nodes of one fabric that has enough, else the first of all. */
function chooseNodes(candidates: readonly Candidate[], count: number): readonly Candidate[] | null {
  if (candidates.length < count) return null
  const fabrics = Map.groupBy(candidates, ({ node }) => node.fabric)
  for (const ofFabric of fabrics.values())
    if (ofFabric.length >= count) return ofFabric.slice(0, count)
  return candidates.slice(0, count)
}

/** Null when there is no room, whoever goes. */
export function planJob(job: SimulatedJob, nodes: Iterable<SimulatedNode>): JobPlan | null {
  const { gpusPerNode, nodes: count } = job.spec
  const candidates: Candidate[] = []
  for (const node of nodes) {
    const candidate = candidateOf(node, job)
    if (candidate !== null) candidates.push(candidate)
  }
  const fitting = candidates.filter(({ free }) => free.length >= gpusPerNode)
  const byLeastTaken = candidates.toSorted((a, b) => b.free.length - a.free.length)
  const chosen = chooseNodes(fitting, count) ?? chooseNodes(byLeastTaken, count)
  if (chosen === null) return null
  const victims = new Set<SimulatedAttempt>()
  const placements = chosen.map(({ node, free, takeable }) => {
    const own = free.slice(0, gpusPerNode)
    const taken = takeable.slice(0, gpusPerNode - own.length)
    for (const { victim } of taken) victims.add(victim)
    const slots = [...own, ...taken.map(({ slot }) => slot)].sort((a, b) => a - b)
    return { node: node.name, slots }
  })
  return { placements, victims }
}
