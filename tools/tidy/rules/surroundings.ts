/** Nothing in the tree tells of the machine it was written on, or of where its packages were fetched. */
import type { Tree, Violation } from '../tree.ts'

/** Spelled apart so that this file does not break its own rule. */
const MACHINE_PATHS = new RegExp(
  `(^|[\\s"'\`(=:])/(${['wo', 'rk'].join('')}|${['ro', 'ot'].join('')})/`,
)
const REGISTRY = /https?:\/\/(?!registry\.npmjs\.org)[\w.-]*(registry|artifactory|nexus)[\w.-]*\//
const LOCK = 'package-lock.json'

export function checkSurroundings(tree: Tree): Violation[] {
  return tree.files.flatMap(({ path, source }) =>
    source.split('\n').flatMap((line, index) => {
      const text = judge(line, path)
      return text === null ? [] : [{ rule: 'surroundings', path, line: index + 1, text }]
    }),
  )
}

function judge(line: string, path: string): string | null {
  if (MACHINE_PATHS.test(line)) return 'Write a path that holds on every machine.'
  if (REGISTRY.test(line)) return 'Leave the registry to each reader\u2019s own npm settings.'
  if (path === LOCK && line.includes('"resolved": "http'))
    return 'Install with omit-lockfile-registry-resolved, so that the lockfile names no host.'
  return null
}
