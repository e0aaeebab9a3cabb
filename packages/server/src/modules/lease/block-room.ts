/** Where a lease fits within what its block has idle. Pure. */
import type { Lease, SlotsOfNode } from './lease.ts'

/** Idle slots of a block on a node that takes work. */
export interface IdleNode extends SlotsOfNode {
  readonly fabric: string | null
}

/** A node for each of its nodes: those with the least to spare. Null where not all of it fits. */
export function fitInBlock(
  { gpus, nodes, fabric }: Pick<Lease, 'gpus' | 'nodes' | 'fabric'>,
  idle: readonly IdleNode[],
): readonly SlotsOfNode[] | null {
  const perNode = gpus / nodes
  const fitting = idle
    .filter(({ slots }) => slots.length >= perNode)
    .toSorted((a, b) => a.slots.length - b.slots.length || (a.nodeId < b.nodeId ? -1 : 1))
  const groups =
    fabric === 'same' && nodes > 1
      ? [...Map.groupBy(fitting, (node) => node.fabric)].flatMap(([name, own]) =>
          name === null ? [] : [own],
        )
      : [fitting]
  const room = groups
    .filter((own) => own.length >= nodes)
    .toSorted((a, b) => a.length - b.length)
    .at(0)
  if (room === undefined) return null
  return room
    .slice(0, nodes)
    .map(({ nodeId, slots }) => ({ nodeId, slots: slots.slice(0, perNode) }))
}
