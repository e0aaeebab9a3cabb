/** Each tidy rule catches what it is for: a bad snippet gives the violation, its good twin gives none. */
import { describe, expect, test } from 'vitest'
import { applyExemptions } from './exemptions.ts'
import { checkCalls, checkCorePurity } from './rules/calls.ts'
import { checkAuthorizationCases, checkErrors } from './rules/catalogues.ts'
import { checkOpeningComments, checkUnfinished } from './rules/comments.ts'
import { checkCycles } from './rules/cycles.ts'
import { checkDependencies } from './rules/dependencies.ts'
import {
  checkLayers,
  checkModuleGraph,
  checkParts,
  checkPublicFaces,
  checkRoles,
} from './rules/layers.ts'
import { checkMoneyNumbers } from './rules/money.ts'
import { checkFileNames } from './rules/names.ts'
import { checkNouns } from './rules/nouns.ts'
import { checkDecisions, checkLinks, checkModuleReadmes } from './rules/pages.ts'
import { checkFileSizes, checkFunctionSizes } from './rules/sizes.ts'
import { checkSurroundings } from './rules/surroundings.ts'
import { checkTableOwners, checkTableUse } from './rules/tables.ts'
import { makeTree, type Tree, type Violation } from './tree.ts'

const M = 'packages/server/src/modules'
const P = 'packages/server/src/platform'
const UNFINISHED = ['TO', 'DO'].join('')

interface Case {
  readonly name: string
  readonly check: (tree: Tree) => Violation[]
  readonly bad: Readonly<Record<string, string>>
  readonly good: Readonly<Record<string, string>>
}

const lines = (count: number) => 'x()\n'.repeat(count)

const CASES: readonly Case[] = [
  {
    name: 'layers: the platform importing a module',
    check: checkLayers,
    bad: { [`${P}/http/a.ts`]: "import { lease } from '#modules/lease/index.ts'" },
    good: { [`${P}/http/a.ts`]: "import { Fault } from '#kernel/fault.ts'" },
  },
  {
    name: 'layers: the console importing the server',
    check: checkLayers,
    bad: { 'packages/console/src/a.ts': "import { x } from '../../server/src/kernel/ids.ts'" },
    good: { 'packages/console/src/a.ts': "import { API } from '@spillway/contract'" },
  },
  {
    name: 'layers: the kernel importing a package',
    check: checkLayers,
    bad: { 'packages/server/src/kernel/a.ts': "import pg from 'pg'" },
    good: { 'packages/server/src/kernel/a.ts': "import { randomBytes } from 'node:crypto'" },
  },
  {
    name: 'layers: a dynamic import',
    check: checkLayers,
    bad: { [`${P}/a.ts`]: "const late = await import('#modules/lease/index.ts')" },
    good: { [`${P}/a.ts`]: "const late = await import('#kernel/ids.ts')" },
  },
  {
    name: 'module graph: a lower module importing a higher one, even a type',
    check: checkModuleGraph,
    bad: { [`${M}/ledger/service.ts`]: "import type { Lease } from '#modules/lease/index.ts'" },
    good: { [`${M}/ledger/service.ts`]: "import type { Audit } from '#modules/audit/index.ts'" },
  },
  {
    name: 'module graph: a module that the table does not name',
    check: checkModuleGraph,
    bad: { [`${M}/weather/service.ts`]: '' },
    good: { [`${M}/lease/service.ts`]: '' },
  },
  {
    name: 'cycles: two files, by type',
    check: checkCycles,
    bad: { 'a.ts': "import type { B } from './b.ts'", 'b.ts': "export type { A } from './a.ts'" },
    good: { 'a.ts': "import type { B } from './b.ts'", 'b.ts': 'export type B = 1' },
  },
  {
    name: 'public face: reaching behind index.ts',
    check: checkPublicFaces,
    bad: { [`${M}/lease/service.ts`]: "import { findNode } from '#modules/fleet/store.ts'" },
    good: { [`${M}/lease/service.ts`]: "import { findNode } from '#modules/fleet/index.ts'" },
  },
  {
    name: 'roles: a core that knows the database',
    check: checkRoles,
    bad: { [`${M}/lease/lease.ts`]: "import { sql } from 'kysely'" },
    good: { [`${M}/lease/lease.ts`]: "import { rate } from '#kernel/money.ts'" },
  },
  {
    name: 'roles: a core that knows its store',
    check: checkRoles,
    bad: { [`${M}/lease/lease.ts`]: "import { findLease } from './store.ts'" },
    good: { [`${M}/lease/lease.ts`]: "import { ended } from './state.ts'" },
  },
  {
    name: 'roles: a store that calls its service',
    check: checkRoles,
    bad: { [`${M}/lease/store.ts`]: "import { createLease } from './service.ts'" },
    good: { [`${M}/lease/store.ts`]: "import { ended } from './state.ts'" },
  },
  {
    name: 'roles: a file listed as other than core that is core',
    check: (tree) => checkParts(tree, { lease: { 'meter.ts': 'service' } }),
    bad: { [`${M}/lease/meter.ts`]: 'export const meter = 1' },
    good: { [`${M}/lease/meter.ts`]: "import { changeLease } from './store.ts'" },
  },
  {
    name: 'core purity: the clock',
    check: checkCorePurity,
    bad: { [`${M}/lease/lease.ts`]: 'export const late = () => new Date()' },
    good: { [`${M}/lease/lease.ts`]: 'export const at = (ms: number) => new Date(ms)' },
  },
  {
    name: 'core purity: randomness and environment',
    check: checkCorePurity,
    bad: { [`${M}/lease/lease.ts`]: "export const x = process.env['X'] + Math.random()" },
    good: { [`${M}/lease/service.ts`]: "export const x = process.env['X'] + Math.random()" },
  },
  {
    name: 'file size: lines',
    check: checkFileSizes,
    bad: { 'packages/server/src/a.ts': lines(401) },
    good: { 'packages/server/src/a.ts': lines(400) },
  },
  {
    name: 'file size: a component',
    check: checkFileSizes,
    bad: { 'packages/console/src/a.tsx': lines(301) },
    good: { 'packages/console/src/a.tsx': lines(300) },
  },
  {
    name: 'file size: bytes',
    check: checkFileSizes,
    bad: { 'docs/picture.svg': 'x'.repeat(200_001) },
    good: { 'package-lock.json': 'x'.repeat(200_001) },
  },
  {
    name: 'function size: lines',
    check: checkFunctionSizes,
    bad: { 'a.ts': `export function long() {\n${lines(49)}}` },
    good: { 'a.ts': `export function long() {\n${lines(48)}}` },
  },
  {
    name: 'function size: a table of handlers is a list',
    check: checkFunctionSizes,
    bad: { 'a.ts': `const routes = () => ({ get: () => {\n${lines(50)}} })` },
    good: {
      'a.ts': `const routes = () => ({ get: () => {\n${lines(40)}}, put: () => {\n${lines(40)}} })`,
    },
  },
  {
    name: 'function size: components have room for markup',
    check: checkFunctionSizes,
    bad: { 'a.tsx': `export function Page() {\n${lines(120)}return <p>x</p> }` },
    good: { 'a.tsx': `export function Page() {\n${lines(100)}return <p>x</p> }` },
  },
  {
    name: 'function size: parameters',
    check: checkFunctionSizes,
    bad: { 'a.ts': 'export const f = (a: 1, b: 1, c: 1, d: 1) => a' },
    good: { 'a.ts': 'export const f = (a: 1, b: 1, c: 1) => a' },
  },
  {
    name: 'names: a drawer for everything',
    check: checkFileNames,
    bad: { 'packages/server/src/string-utils.ts': '' },
    good: { 'packages/server/src/money.ts': '' },
  },
  {
    name: 'names: not in kebab-case',
    check: checkFileNames,
    bad: { 'packages/console/src/LeaseTable.tsx': '' },
    good: { 'packages/console/src/lease-table.tsx': '', 'ARCHITECTURE.md': '' },
  },
  {
    name: 'calls: outside their home',
    check: (tree) => checkCalls(tree).filter(({ path }) => tree.paths.has(path)),
    bad: { 'packages/server/src/a.ts': "console.log('here')" },
    good: { 'packages/server/src/a.test.ts': "console.log('here')" },
  },
  {
    name: 'calls: a home that nothing needs any more',
    check: (tree) =>
      checkCalls(tree, [
        {
          name: 'chance',
          matches: (use) => use === 'Math.random',
          instead: '',
          homes: { 'packages/server/src/dice.ts': 'Rolls.' },
        },
      ]),
    bad: { 'packages/server/src/dice.ts': 'roll(4)' },
    good: { 'packages/server/src/dice.ts': 'Math.random()' },
  },
  {
    name: 'money numbers: a price as a double',
    check: checkMoneyNumbers,
    bad: { [`${M}/ledger/a.ts`]: 'Number(row.amount)' },
    good: { [`${M}/ledger/a.ts`]: 'Number(row.legs)' },
  },
  {
    name: 'nouns: one without a command',
    check: (tree) =>
      checkNouns(tree, { lease: { module: 'lease', page: 'leases.tsx', command: 'lease' } }, [
        'lease.get',
      ]),
    bad: {
      'packages/console/src/features/leases.tsx': '',
      [`${M}/lease/README.md`]: 'A lease.',
    },
    good: {
      'packages/console/src/features/leases.tsx': '',
      'packages/cli/src/commands/lease.ts': '',
      [`${M}/lease/README.md`]: 'A lease.',
    },
  },
  {
    name: 'nouns: an endpoint with a noun of its own',
    check: (tree) => checkNouns(tree, {}, tree.paths.has('bad.md') ? ['weather.get'] : []),
    bad: { 'bad.md': '' },
    good: {},
  },
  {
    name: 'authorization cases: an endpoint without one',
    check: (tree) => checkAuthorizationCases(tree, ['getLease', 'stopLease']),
    bad: { 'packages/server/test/authorization.scenario.test.ts': 'cases({ getLease: 1 })' },
    good: {
      'packages/server/test/authorization.scenario.test.ts': 'cases({ getLease: 1, stopLease: 2 })',
    },
  },
  {
    name: 'errors: declared only',
    check: (tree) => checkErrors(tree, ['lease.lost']),
    bad: { 'packages/server/src/a.ts': '' },
    good: {
      'packages/server/src/a.ts': "throw new Fault('lease.lost', 'Lost.')",
      'packages/server/src/a.test.ts': "expect(code).toBe('lease.lost')",
      'docs/reference/errors.md': '| `lease.lost` |',
    },
  },
  {
    name: 'table owners: a table of nobody',
    check: (tree) => checkTableOwners(tree, { lease: 'lease' }),
    bad: { [`${P}/db/migrations/1.sql`]: 'CREATE TABLE lease (\n);\nCREATE TABLE stray (\n);' },
    good: { [`${P}/db/migrations/1.sql`]: 'CREATE TABLE lease (\n);' },
  },
  {
    name: 'table use: another module\u2019s table by the builder',
    check: (tree) => checkTableUse(tree, { lease: 'lease', node: 'fleet' }),
    bad: { [`${M}/lease/store.ts`]: "db.selectFrom('lease').innerJoin('node as n', 'a', 'b')" },
    good: { [`${M}/lease/store.ts`]: "db.selectFrom('lease')" },
  },
  {
    name: 'table use: another module\u2019s table in SQL',
    check: (tree) => checkTableUse(tree, { lease: 'lease', node: 'fleet' }),
    bad: { [`${M}/lease/store.ts`]: 'sql`SELECT 1 FROM lease JOIN node ON true`' },
    good: { [`${M}/lease/store.ts`]: 'sql`SELECT 1 FROM lease`' },
  },
  {
    name: 'module README: a heading short',
    check: checkModuleReadmes,
    bad: { [`${M}/lease/README.md`]: '## Owns\n## Invariants\n## Example\n' },
    good: { [`${M}/lease/README.md`]: '## Owns\n## Does not own\n## Invariants\n## Example\n' },
  },
  {
    name: 'links: to a file that is not there',
    check: checkLinks,
    bad: { 'docs/a.md': '[there](guides/b.md)' },
    good: {
      'docs/a.md': '[there](guides/b.md#end) [out](https://b.example)',
      'docs/guides/b.md': '',
    },
  },
  {
    name: 'opening comment: a file that starts with code',
    check: checkOpeningComments,
    bad: { 'a.ts': "import { b } from './b.ts'\n// Later." },
    good: { 'a.ts': "#!/usr/bin/env node\n/** What it is. */\nimport { b } from './b.ts'" },
  },
  {
    name: 'unfinished: without an issue',
    check: checkUnfinished,
    bad: { 'a.ts': `// ${UNFINISHED}: later` },
    good: { 'a.ts': `// ${UNFINISHED}(#12): later` },
  },
  {
    name: 'surroundings: a path of one machine',
    check: checkSurroundings,
    bad: { 'a.md': ['see ', 'root', 'notes', ''].join('/') },
    good: { 'a.md': 'see packages/server/src' },
  },
  {
    name: 'dependencies: a wrong version on the page',
    check: checkDependencies,
    bad: {
      'package.json': '{"dependencies":{"pg":"8.23.1"}}',
      'docs/decisions/dependencies.md': '| `pg` | 8.0.0 | Speaks to PostgreSQL. |',
    },
    good: {
      'package.json': '{"dependencies":{"pg":"8.23.1"}}',
      'docs/decisions/dependencies.md': '| `pg` | 8.23.1 | Speaks to PostgreSQL. |',
    },
  },
  {
    name: 'decisions: two of one number',
    check: checkDecisions,
    bad: { 'docs/decisions/0001-a.md': '# 0001 A', 'docs/decisions/0001-b.md': '# 0001 B' },
    good: { 'docs/decisions/0001-a.md': '# 0001 A', 'docs/decisions/0002-b.md': '# 0002 B' },
  },
  {
    name: 'decisions: a heading without its number',
    check: checkDecisions,
    bad: { 'docs/decisions/0001-a.md': '# A' },
    good: { 'docs/decisions/0001-a.md': '# 0001 A' },
  },
]

describe('the tidy rules', () => {
  test.each(CASES)('$name is caught, and its good twin passes', ({ check, bad, good }) => {
    expect(check(makeTree(bad))).not.toEqual([])
    expect(check(makeTree(good))).toEqual([])
  })

  test('an exemption silences its violation only, and shows when nothing needs it', () => {
    const violations = [
      { rule: 'names', path: 'a.ts', text: 'about one' },
      { rule: 'names', path: 'a.ts', text: 'about two' },
    ]
    const exemptions = [
      { rule: 'names', path: 'a.ts', about: 'one', reason: 'first' },
      { rule: 'names', path: 'b.ts', reason: 'nothing there' },
    ]

    const left = applyExemptions(violations, exemptions)

    expect(left.violations).toEqual([violations[1]])
    expect(left.unneeded).toEqual([exemptions[1]])
  })
})
