/**
 * Renders the Kysely types of a migrated database, so that queries are checked against what is really there. Reads
 * the catalog only; column names stay as in SQL.
 */
import { type Kysely, sql } from 'kysely'

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly isNullable: boolean
  readonly hasDefault: boolean
  readonly isAlwaysGenerated: boolean
}

/** As `column-types.ts` delivers them; what is not named here arrives as text. */
const TYPES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'number',
  int4: 'number',
  int8: 'bigint',
  float4: 'number',
  float8: 'number',
  timestamptz: 'Date',
  json: 'unknown',
  jsonb: 'unknown',
  bytea: 'Buffer',
}

/** The text of `schema.ts`. */
export async function renderSchemaTypes<Any>(db: Kysely<Any>): Promise<string> {
  const tables = Map.groupBy(await readColumns(db), (column) => column.table)
  const names = [...tables.keys()]
  const interfaces = [...tables].map(([table, columns]) => renderTable(table, columns)).join('\n\n')
  const schema = names.map((table) => `  ${table}: ${typeName(table)}`).join('\n')
  const body = `${interfaces}\n\nexport interface Schema {\n${schema}\n}\n`
  const used = ['ColumnType', 'Generated', 'GeneratedAlways'].filter((name) =>
    body.includes(`${name}<`),
  )
  const imports = used.length === 0 ? '' : `import type { ${used.join(', ')} } from 'kysely'\n\n`
  return `/** Generated from the migrated database by \`npm run generate\`; do not edit. The tables as Kysely sees them. */\n${imports}${body}`
}

function renderTable(table: string, columns: readonly Column[]): string {
  const lines = columns.map((column) => `  ${column.column}: ${renderType(column)}`)
  return `export interface ${typeName(table)} {\n${lines.join('\n')}\n}`
}

function renderType(column: Column): string {
  const isArray = column.type.startsWith('_')
  const base = TYPES[isArray ? column.type.slice(1) : column.type] ?? 'string'
  if (base === 'unknown') return renderJson(column)
  const read = `${isArray ? `${base}[]` : base}${column.isNullable ? ' | null' : ''}`
  if (column.isAlwaysGenerated) return `GeneratedAlways<${read}>`
  return column.hasDefault ? `Generated<${read}>` : read
}

/** JSON is written as text: the driver would turn an array into a SQL array. */
function renderJson({ hasDefault, isNullable }: Column): string {
  const written = isNullable ? 'string | null' : 'string'
  const inserted = hasDefault || isNullable ? `${written} | undefined` : written
  return `ColumnType<unknown, ${inserted}, ${written}>`
}

function typeName(table: string): string {
  const words = table.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${words.join('')}Table`
}

async function readColumns<Any>(db: Kysely<Any>): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    SELECT c.relname AS "table", a.attname AS "column", t.typname AS "type",
      NOT a.attnotnull AS "isNullable",
      a.atthasdef OR a.attidentity <> '' AS "hasDefault",
      a.attidentity = 'a' OR a.attgenerated <> '' AS "isAlwaysGenerated"
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname, a.attnum`.execute(db)
  return rows
}
