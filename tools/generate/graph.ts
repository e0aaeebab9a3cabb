/** The picture of the module graph, drawn from the table that the tidy test holds the imports against. */
import { MODULES, moduleOf } from '../tidy/layers.ts'
import type { Tree } from '../tidy/tree.ts'
import type { Generated } from './generated.ts'

/** Only modules that exist are drawn, with every import that the table allows: a line for each module. */
function renderGraph(present: ReadonlySet<string>): string {
  const names = Object.keys(MODULES).filter((name) => present.has(name))
  const lines = names.map((from) => {
    const targets = (MODULES[from] ?? []).filter((to) => present.has(to))
    return targets.length === 0 ? `  ${from}` : `  ${from} --> ${targets.join(' & ')}`
  })
  return ['```mermaid', 'graph TD', ...lines, '```'].join('\n')
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
