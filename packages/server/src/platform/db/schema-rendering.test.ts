/** What is generated from a migrated database: the Kysely types and the readable SQL. */
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { renderSchemaSql } from './schema-sql.ts'
import { renderSchemaTypes } from './schema-types.ts'

const { db } = await cloneDatabase('empty')

beforeAll(async () => {
  await sql`CREATE EXTENSION btree_gist`.execute(db)
  await sql`CREATE TABLE usage_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL DEFAULT 'none',
    amount numeric(38,12) NOT NULL CHECK (amount >= 0),
    quantity bigint,
    at timestamptz NOT NULL,
    tags text[] NOT NULL,
    slots int4multirange,
    is_open boolean NOT NULL DEFAULT true,
    extra jsonb NOT NULL DEFAULT '{}',
    note jsonb
  )`.execute(db)
  await sql`CREATE INDEX usage_line_open ON usage_line (at) WHERE is_open`.execute(db)
})

test('every column has the type in which it arrives, and the default it may be left out for', async () => {
  expect(await renderSchemaTypes(db)).toContain(`export interface UsageLineTable {
  id: GeneratedAlways<bigint>
  name: Generated<string>
  amount: string
  quantity: bigint | null
  at: Date
  tags: string[]
  slots: string | null
  is_open: Generated<boolean>
  extra: ColumnType<unknown, string | undefined, string>
  note: ColumnType<unknown, string | null | undefined, string | null>
}

export interface Schema {
  usage_line: UsageLineTable
}
`)
})

test('the readable SQL has tables, constraints and indexes, and nothing that an extension brought', async () => {
  const text = await renderSchemaSql(db)
  expect(text).toContain(`CREATE TABLE usage_line (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL DEFAULT 'none'::text,`)
  expect(text).toContain('CONSTRAINT usage_line_amount_check CHECK ((amount >= (0)::numeric))')
  expect(text).toContain(
    'CREATE INDEX usage_line_open ON usage_line USING btree (at) WHERE is_open;',
  )
  expect(text).not.toContain('gbt_')
})
