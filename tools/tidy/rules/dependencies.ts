/** `docs/decisions/dependencies.md` lists exactly what the package files ask for, with version and reason. */
import type { Tree, Violation } from '../tree.ts'

const PAGE = 'docs/decisions/dependencies.md'
const ROW = /^\| `([^`]+)` \| ([^|]+) \| ([^|]*) \|/gm
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

type PackageFile = Partial<Record<(typeof KINDS)[number], Record<string, string>>>

export function checkDependencies(tree: Tree): Violation[] {
  const rule = 'dependencies'
  const wanted = declared(tree)
  const page = tree.files.find(({ path }) => path === PAGE)?.source ?? ''
  const listed = new Map(
    [...page.matchAll(ROW)].map(([, name = '', version = '', reason = '']) => [
      name,
      { version: version.trim(), reason: reason.trim() },
    ]),
  )
  const missing = [...wanted].flatMap(([name, version]) => {
    const row = listed.get(name)
    if (row && row.version === version && row.reason !== '') return []
    return [{ rule, path: PAGE, text: `Give \`${name}\` a row with ${version} and a reason.` }]
  })
  const gone = [...listed.keys()]
    .filter((name) => !wanted.has(name))
    .map((name) => ({ rule, path: PAGE, text: `Nothing depends on ${name}: remove its row.` }))
  const loose = [...wanted]
    .filter(([, version]) => !/^\d+\.\d+\.\d+/.test(version))
    .map(([name]) => ({ rule, path: 'package.json', text: `Pin ${name} to an exact version.` }))
  return [...missing, ...gone, ...loose]
}

function declared(tree: Tree): Map<string, string> {
  const found = new Map<string, string>()
  for (const { path, source } of tree.files) {
    if (path !== 'package.json' && !/^packages\/[^/]+\/package\.json$/.test(path)) continue
    const file = JSON.parse(source) as PackageFile
    for (const kind of KINDS)
      for (const [name, version] of Object.entries(file[kind] ?? {}))
        if (!name.startsWith('@spillway/')) found.set(name, version)
  }
  return found
}
