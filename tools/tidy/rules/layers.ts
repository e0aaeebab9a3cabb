/** Rules on who may import whom: layers, the module graph, public faces, and the parts of a module. */
import {
  LAYERS,
  layerOf,
  MODULES,
  moduleOf,
  PACKAGES,
  PARTS,
  roleOf,
  type Layer,
} from '../layers.ts'
import { edgesOf, type Edge } from '../resolve.ts'
import type { CodeFile, Tree, Violation } from '../tree.ts'
import { isImpure } from './calls.ts'

type Judge = (file: CodeFile, edge: Edge) => string | null

function judgeImports(tree: Tree, rule: string, judge: Judge): Violation[] {
  return tree.code.flatMap((file) =>
    edgesOf(file).flatMap((edge) => {
      const text = judge(file, edge)
      return text === null ? [] : [{ rule, path: file.path, line: edge.line, text }]
    }),
  )
}

/** A layer imports only the layers below it, and only the packages it is kept to. */
export function checkLayers(tree: Tree): Violation[] {
  return judgeImports(tree, 'layers', (file, { target, specifier }) => {
    const from: Layer = file.isTest ? 'test' : layerOf(file.path)
    if (target.kind === 'package') {
      const allowed = PACKAGES[from]
      if (!allowed || allowed.includes(target.name)) return null
      return `\`${from}\` may not import the package ${target.name}; pass what it gives in as an argument.`
    }
    const to = layerOf(target.path)
    if (file.isTest && to === layerOf(file.path)) return null
    if (from === to || LAYERS[from].includes(to)) return null
    return `\`${from}\` may not import \`${to}\` (${specifier}); move the shared part down, or pass it in.`
  })
}

/** A module imports only the modules that the table names; tests may use any. */
export function checkModuleGraph(tree: Tree): Violation[] {
  const unknown = [...new Set(tree.code.map(({ path }) => moduleOf(path)))].flatMap((name) => {
    if (name === null || MODULES[name]) return []
    const path = `packages/server/src/modules/${name}`
    return [{ rule: 'module-graph', path, text: 'Add the module to MODULES in layers.ts.' }]
  })
  const wrong = judgeImports(tree, 'module-graph', (file, { target }) => {
    const from = moduleOf(file.path)
    const to = target.kind === 'file' ? moduleOf(target.path) : null
    if (from === null || to === null || from === to || file.isTest) return null
    if (MODULES[from]?.includes(to) ?? true) return null
    return `${from} may not import ${to}. Subscribe to its events, take a function as an argument, or argue for a new edge in MODULES.`
  })
  return [...unknown, ...wrong]
}

/** What is behind a module's `index.ts` is its own business. */
export function checkPublicFaces(tree: Tree): Violation[] {
  return judgeImports(tree, 'public-face', (file, { target }) => {
    if (target.kind !== 'file') return null
    const to = moduleOf(target.path)
    if (to === null || to === moduleOf(file.path)) return null
    if (target.path === `packages/server/src/modules/${to}/index.ts`) return null
    return `Import #modules/${to}/index.ts, and export there what is needed.`
  })
}

/** Files listed as other than core exist, and would not pass as core. */
export function checkParts(tree: Tree, parts = PARTS): Violation[] {
  const named = Object.entries(parts).flatMap(([module, files]) =>
    Object.keys(files).map((file) => `packages/server/src/modules/${module}/${file}`),
  )
  return named
    .filter((path) => !reachesOut(tree.code.find((file) => file.path === path)))
    .map((path) => ({
      rule: 'roles',
      path,
      text: 'This would pass as core: remove its line from PARTS in layers.ts.',
    }))
}

function reachesOut(file: CodeFile | undefined): boolean {
  if (!file) return false
  if (file.syntax.uses.some(isImpure)) return true
  return edgesOf(file).some((edge) => judgeCore(file, edge) !== null)
}

/** Inside a module: core knows only core and kernel, the store only the database. */
export function checkRoles(tree: Tree): Violation[] {
  return judgeImports(tree, 'roles', (file, { target, isType }) => {
    if (moduleOf(file.path) === null || file.isTest) return null
    const role = roleOf(file.path)
    if (role === 'core') return judgeCore(file, { target, isType })
    if (target.kind === 'package') return null
    const isOwn = moduleOf(target.path) === moduleOf(file.path)
    const part = isOwn ? roleOf(target.path) : null
    if (role === 'store' && !isOwn && moduleOf(target.path) !== null && !isType)
      return 'A store knows only its own tables; let the service join what two modules know.'
    if (role === 'store' && (part === 'service' || part === 'edge'))
      return 'A store does not call upwards; move the rule into the core.'
    return null
  })
}

/** Packages that only compute: bytes, hashes, paths, parsers. */
const CORE_PACKAGES = [
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:string_decoder',
  'node:zlib',
  'zod',
  'yaml',
]

function judgeCore(
  file: CodeFile,
  { target, isType }: Pick<Edge, 'target' | 'isType'>,
): string | null {
  if (target.kind === 'package') {
    if (CORE_PACKAGES.includes(target.name)) return null
    return `The pure core may not import ${target.name}; do it in the service, store or an edge.`
  }
  if (layerOf(target.path) === 'kernel' || layerOf(target.path) === 'settings') return null
  if (moduleOf(target.path) === moduleOf(file.path)) {
    if (roleOf(target.path) === 'core') return null
    return 'The pure core may not import its own store, service or edges; pass the value in.'
  }
  if (isType) return null
  return 'The pure core imports kernel, its own core, and types; take what this gives as an argument.'
}
