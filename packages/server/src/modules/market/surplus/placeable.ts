/** How many GPUs could be handed out as gangs of each size, by how the slots lie on the nodes. Pure. */
import type { Placeable } from './tiers.ts'

/** Slots that no buyer can have: the owner’s, and those that take no work. */
const WITHHELD: readonly string[] = ['anchor', 'maintenance', 'faulty', 'draining']

/** Gangs that are asked for most: parts of a node and whole ones. */
const GANGS: readonly number[] = [1, 2, 4, 8]

export function placeableOf(
  nodes: readonly { readonly id: string; readonly slotCount: number }[],
  claims: readonly {
    readonly nodeId: string
    readonly kind: string
    readonly slots: readonly number[]
  }[],
): readonly Placeable[] {
  const left = new Map(nodes.map(({ id, slotCount }) => [id, slotCount]))
  for (const { nodeId, kind, slots } of claims)
    if (WITHHELD.includes(kind)) left.set(nodeId, (left.get(nodeId) ?? 0) - slots.length)
  const largest = Math.max(0, ...nodes.map(({ slotCount }) => slotCount))
  return GANGS.filter((gang) => gang <= largest).map((gangGpus) => {
    const gangs = [...left.values()].reduce((sum, slots) => sum + Math.floor(slots / gangGpus), 0)
    return { gangGpus, gpus: gangs * gangGpus }
  })
}
