/** What the figures, the legends and the spoken summary count. Pure. */
import { type MapNode, letterUse } from './fleet-model.ts'
import { RAMP_STEPS } from './palette-sizes.ts'
import { rampStep } from './slot-style.ts'

export interface MapCounts {
  readonly nodes: number
  readonly slots: number
  readonly byUse: ReadonlyMap<string, number>
  readonly byState: ReadonlyMap<string, number>
  readonly byOrganization: ReadonlyMap<string, number>
  /** Nodes by step of the ramp. */
  readonly byStep: readonly number[]
}

function count<K>(counts: Map<K, number>, key: K, more = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + more)
}

export function countMap(all: Iterable<MapNode>): MapCounts {
  const byLetter = new Map<string, number>()
  const byState = new Map<string, number>()
  const byOrganization = new Map<string, number>()
  const byStep = Array.from({ length: RAMP_STEPS }, () => 0)
  let nodes = 0
  for (const node of all) {
    nodes += 1
    count(byState, node.state)
    const step = rampStep(node, RAMP_STEPS)
    byStep[step] = (byStep[step] ?? 0) + 1
    for (const letter of node.slots) count(byLetter, letter)
    for (const owner of node.owners)
      if (owner?.organization) count(byOrganization, owner.organization)
  }
  const byUse = new Map<string, number>()
  let slots = 0
  for (const [letter, number] of byLetter) {
    count(byUse, letterUse(letter), number)
    slots += number
  }
  return { nodes, slots, byUse, byState, byOrganization, byStep }
}
