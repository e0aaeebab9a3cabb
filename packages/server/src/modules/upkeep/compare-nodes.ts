/** Nodes in the book against nodes in the engine. Pure. */
import type { Node } from '#modules/fleet/index.ts'
import type { NodeInventory } from '#platform/engines/engine.ts'
import type { FoundCase } from './cases.ts'

export function compareNodes(
  nodes: readonly Node[],
  inventory: readonly NodeInventory[],
): readonly FoundCase[] {
  const inBook = new Set(nodes.map((node) => node.name))
  const inEngine = new Set(inventory.map((each) => each.node))
  const unknown = inventory
    .filter(({ node }) => !inBook.has(node))
    .map(({ node, slotCountMax }): FoundCase => ({
      kind: 'node_unknown',
      subject: node,
      text: `The engine has the node ${node}, and the book does not.`,
      data: { slotCountMax },
    }))
  const differing = nodes.flatMap((node): FoundCase[] => {
    const about = { subject: node.name, data: { nodeId: node.id } }
    if (!inEngine.has(node.name)) {
      const text = `The book has the node ${node.name}, and its engine does not.`
      return [{ ...about, kind: 'node_missing', text }]
    }
    if (node.changeReason === null) return []
    const text = `${node.name}: ${node.changeReason}.`
    return [{ ...about, kind: 'slot_count_changed', text }]
  })
  const unread = inventory
    .filter(({ node }) => inBook.has(node))
    .flatMap(({ node, readings = [] }): FoundCase[] =>
      readings.flatMap(({ reading, unread: why }) => {
        if (why === null) return []
        const text = `How the GPUs of ${node} are could not be read: ${why}.`
        return [{ kind: 'reading_failed', subject: `${node} ${reading}`, text, data: { reading } }]
      }),
    )
  return [...unknown, ...differing, ...unread]
}
