/** The picture of the module graph, drawn from the table that the tidy test holds the imports against. */
import { MODULES, moduleOf } from '../tidy/layers.ts'
import type { Tree } from '../tidy/tree.ts'
import type { Generated } from './generated.ts'

/** Only modules that exist are drawn, with every import that the table allows. */
function renderGraph(present: ReadonlySet<string>): string {
  const names = Object.keys(MODULES).filter((name) => present.has(name))
  const edges = names.flatMap((from) =>
    (MODULES[from] ?? []).filter((to) => present.has(to)).map((to) => `  ${from} --> ${to}`),
  )
  return ['```mermaid', 'graph TD', ...names.map((name) => `  ${name}`), ...edges, '```'].join('\n')
}

export function generateGraph(tree: Tree): Generated {
  const present = new Set(
    tree.code.flatMap(({ path }) => {
      const name = moduleOf(path)
      return name === null ? [] : [name]
    }),
  )
  return { path: 'ARCHITECTURE.md', marker: 'module graph', text: renderGraph(present) }
}
