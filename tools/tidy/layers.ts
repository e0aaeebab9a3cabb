/**
 * The shape of the house as literal tables: which part of the tree may import which, and which server module may
 * import which other. ARCHITECTURE.md draws the second one. To widen a table is a design decision; say why in docs/decisions.
 */

/** What each server module may import, as written: not transitively. Acyclic, which a test checks. */
export const MODULES: Readonly<Record<string, readonly string[]>> = {
  audit: [],
  identity: ['audit'],
  fleet: ['audit'],
  ledger: ['audit'],
  catalog: ['audit', 'identity'],
  book: ['fleet'],
  metering: ['catalog', 'ledger'],
  market: ['book', 'catalog', 'fleet'],
  quota: ['identity', 'fleet'],
  guardrail: ['catalog', 'identity'],
  lease: ['book', 'market', 'fleet', 'metering', 'ledger', 'identity', 'quota'],
  serving: ['catalog', 'lease', 'market'],
  budget: ['identity', 'metering'],
  content: ['identity', 'metering'],
  rate: ['identity'],
  request: [],
  gateway: [
    'budget',
    'rate',
    'guardrail',
    'identity',
    'catalog',
    'request',
    'serving',
    'metering',
    'ledger',
  ],
  routing: ['catalog', 'fleet', 'gateway', 'identity', 'metering', 'serving'],
  batch: ['gateway', 'identity', 'metering', 'serving'],
  card: ['catalog', 'gateway', 'identity', 'metering', 'routing'],
  billing: ['ledger', 'metering', 'catalog', 'identity'],
  economics: ['ledger', 'metering', 'fleet', 'book'],
  order: [
    'book',
    'catalog',
    'economics',
    'fleet',
    'identity',
    'lease',
    'ledger',
    'market',
    'metering',
    'quota',
  ],
  scaling: ['catalog', 'economics', 'fleet', 'market', 'metering', 'order', 'serving'],
  block: ['book', 'catalog', 'fleet', 'identity', 'lease', 'ledger', 'market', 'metering'],
  outcome: ['identity', 'ledger', 'metering'],
  notice: ['lease'],
  upkeep: ['fleet', 'book', 'lease', 'market', 'identity'],
  simulation: ['market', 'fleet', 'economics', 'lease'],
  assurance: ['lease', 'gateway', 'billing'],
}

/** A part of the tree. `module` stands for all of `packages/server/src/modules`. */
export type Layer =
  | 'contract'
  | 'kernel'
  | 'settings'
  | 'platform'
  | 'module'
  | 'process'
  | 'main'
  | 'test'
  | 'console'
  | 'cli'
  | 'outside'

const SERVER = 'packages/server/src/'

/** First match wins. */
const PLACES: readonly (readonly [prefix: string, layer: Layer])[] = [
  ['packages/contract/', 'contract'],
  [`${SERVER}kernel/`, 'kernel'],
  [`${SERVER}limits.ts`, 'settings'],
  [`${SERVER}config.ts`, 'main'],
  [`${SERVER}platform/`, 'platform'],
  [`${SERVER}modules/`, 'module'],
  [`${SERVER}processes/`, 'process'],
  [SERVER, 'main'],
  ['packages/server/', 'test'],
  ['packages/console/', 'console'],
  ['packages/cli/', 'cli'],
]

/** Which layers each may import, beside itself. `settings` is limits.ts; `main` holds config.ts and main.ts. */
export const LAYERS: Readonly<Record<Layer, readonly Layer[]>> = {
  contract: [],
  kernel: ['contract'],
  settings: ['kernel'],
  platform: ['kernel', 'contract', 'settings'],
  module: ['kernel', 'contract', 'settings', 'platform'],
  process: ['kernel', 'contract', 'settings', 'platform', 'module', 'main'],
  main: ['kernel', 'contract', 'settings', 'platform', 'module', 'process'],
  test: ['kernel', 'contract', 'settings', 'platform', 'module', 'process', 'main'],
  console: ['contract'],
  cli: ['contract'],
  outside: ['contract', 'kernel', 'settings', 'platform', 'module', 'process', 'main', 'test'],
}

/** Packages that a layer is kept to; a layer not named here may use any dependency of its workspace. */
export const PACKAGES: Partial<Readonly<Record<Layer, readonly string[]>>> = {
  contract: ['zod'],
  kernel: ['node:crypto'],
  settings: [],
}

/** Where a path belongs. */
export function layerOf(path: string): Layer {
  return PLACES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'outside'
}

/** The server module that a path belongs to. */
export function moduleOf(path: string): string | null {
  return /^packages\/server\/src\/modules\/([^/]+)\//.exec(path)?.[1] ?? null
}

/** A file's part in its module. The core is what has no other part: types, state machines, rules. */
export type Role = 'core' | 'store' | 'service' | 'edge' | 'index' | 'test'

/**
 * Files of a module that are not core though their name alone does not say so, by module. Whatever is not listed here
 * and has no telling name is core, and held to it. A line that is not needed fails.
 */
export const PARTS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  lease: {
    'cycle.ts': 'service',
    'artifacts.ts': 'edge',
    'logs.ts': 'edge',
    'meter.ts': 'service',
    'reclaim.ts': 'service',
    'resume.ts': 'service',
    'record.ts': 'service',
    'view.ts': 'service',
  },
  market: { 'prices.ts': 'service' },
}

const ROLE_NAMES: readonly (readonly [pattern: RegExp, role: Role])[] = [
  [/\.test\.tsx?$/, 'test'],
  [/^index\.ts$/, 'index'],
  [/(^|-)store\.ts$/, 'store'],
  [/(^|-)service\.ts$/, 'service'],
  [/(^|-)(routes|steps)\.ts$/, 'edge'],
]

/** The part that a module's file plays. */
export function roleOf(path: string): Role {
  const listed = PARTS[moduleOf(path) ?? '']?.[path.split('/').slice(5).join('/')]
  if (listed) return listed
  const name = path.split('/').at(-1) ?? path
  return ROLE_NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? 'core'
}
