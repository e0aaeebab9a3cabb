/** No import cycles, type imports included: Tarjan's strongly connected components. */
import { importGraph } from '../resolve.ts'
import type { Tree, Violation } from '../tree.ts'

/** Groups of files that reach each other. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []

  const visit = (node: string) => {
    order.set(node, order.size)
    low.set(node, order.get(node) ?? 0)
    stack.push(node)
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next)
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0))
    }
    if (low.get(node) !== order.get(node)) return
    const group = stack.splice(stack.indexOf(node))
    if (group.length > 1 || graph.get(node)?.includes(node)) cycles.push(group)
  }

  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return cycles
}

export function checkCycles(tree: Tree): Violation[] {
  return findCycles(importGraph(tree)).map((group) => ({
    rule: 'cycles',
    path: group[0] ?? '',
    text: `These files import each other; move what they share into one below both: ${group.join(' → ')}`,
  }))
}
