/** Every table has one owner, and only its owner's code names it in SQL. */
import { moduleOf } from '../layers.ts'
import { TABLE_OWNERS } from '../tables.ts'
import type { CodeFile, Tree, Violation } from '../tree.ts'

const MIGRATIONS = 'packages/server/src/platform/db/migrations/'
const CREATED = /^CREATE (?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)/gm
const DROPPED = /^DROP (?:TABLE|VIEW) (?:IF EXISTS )?(\w+)/gm
const NAMED_IN_SQL = /\b(?:FROM|JOIN|INTO|UPDATE|TABLE|LOCK)\s+(?:ONLY\s+)?"?([a-z_]+)/gi
const BUILDER =
  /(^|\.)(selectFrom|insertInto|updateTable|deleteFrom|mergeInto|(inner|left|right|full|cross)Join(Lateral)?)$/

type Owners = Readonly<Record<string, string>>

/** The owner table and the migrations name the same tables. */
export function checkTableOwners(tree: Tree, owners: Owners = TABLE_OWNERS): Violation[] {
  const rule = 'table-owners'
  const migrations = tree.files.filter(({ path }) => path.startsWith(MIGRATIONS))
  const created = new Map(
    migrations.flatMap(({ path, source }) =>
      [...source.matchAll(CREATED)].map(([, table = '']) => [table, path] as const),
    ),
  )
  for (const { source } of migrations)
    for (const [, table = ''] of source.matchAll(DROPPED)) created.delete(table)
  const unowned = [...created]
    .filter(([table]) => !owners[table])
    .map(([table, path]) => ({
      rule,
      path,
      text: `Say in tools/tidy/tables.ts who owns ${table}.`,
    }))
  const gone = Object.keys(owners)
    .filter((table) => !created.has(table))
    .map((table) => ({
      rule,
      path: 'tools/tidy/tables.ts',
      text: `No migration makes ${table}: remove the line.`,
    }))
  return [...unowned, ...gone]
}

/** Code names only the tables of its own module; the platform only its own. */
export function checkTableUse(tree: Tree, owners: Owners = TABLE_OWNERS): Violation[] {
  const server = tree.code.filter(
    ({ path, isTest }) => path.startsWith('packages/server/src/') && !isTest,
  )
  return server.flatMap((file) =>
    namedTables(file).flatMap(({ table, line }) => {
      const owner = owners[table]
      const here = moduleOf(file.path) ?? 'platform'
      if (owner === undefined || owner === here) return []
      const text = `${table} belongs to ${owner}: ask ${owner}, or keep a read model of your own.`
      return [{ rule: 'table-use', path: file.path, line, text }]
    }),
  )
}

function namedTables({ path, syntax }: CodeFile): { table: string; line: number }[] {
  const built = syntax.uses
    .filter(({ name }) => BUILDER.test(name))
    .flatMap(({ argument, line }) => {
      const [, table] = /^\[?\s*['"`](\w+)/.exec(argument) ?? []
      return table ? [{ table, line }] : []
    })
  if (path.endsWith('/platform/db/schema.ts')) return []
  const written = syntax.strings.flatMap(({ text, line }) =>
    [...text.matchAll(NAMED_IN_SQL)].map(([, table = '']) => ({ table, line })),
  )
  return [...built, ...written]
}
