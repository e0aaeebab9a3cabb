/** Where an import leads: to a file of the repository, or to a package. */
import { posix } from 'node:path'
import type { CodeFile, Tree } from './tree.ts'

/** `file` is in the repository; `package` is an installed one or a Node built-in. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }

const ALIASES: readonly (readonly [from: string, to: string])[] = [
  ['#kernel/', 'packages/server/src/kernel/'],
  ['#platform/', 'packages/server/src/platform/'],
  ['#modules/', 'packages/server/src/modules/'],
]

/** Resolves a specifier as Node does. */
function resolveImport(from: string, specifier: string): Target {
  if (specifier.startsWith('.')) {
    return { kind: 'file', path: posix.join(posix.dirname(from), specifier) }
  }
  if (specifier === '@spillway/contract')
    return { kind: 'file', path: 'packages/contract/src/index.ts' }
  for (const [alias, folder] of ALIASES) {
    if (specifier.startsWith(alias))
      return { kind: 'file', path: folder + specifier.slice(alias.length) }
  }
  const words = specifier.split('/')
  const name = specifier.startsWith('@') ? words.slice(0, 2).join('/') : (words[0] ?? specifier)
  return { kind: 'package', name }
}

/** An import with where it leads. */
export interface Edge {
  readonly target: Target
  readonly specifier: string
  readonly line: number
  readonly isType: boolean
}

export function edgesOf(file: CodeFile): Edge[] {
  return file.syntax.imports.map((each) => ({
    ...each,
    target: resolveImport(file.path, each.specifier),
  }))
}

/** Code files as a graph: path → paths it imports, types included. */
export function importGraph(tree: Tree): Map<string, string[]> {
  const graph = new Map<string, string[]>()
  for (const file of tree.code) {
    const targets = edgesOf(file).flatMap(({ target }) =>
      target.kind === 'file' && tree.paths.has(target.path) ? [target.path] : [],
    )
    graph.set(file.path, targets)
  }
  return graph
}
