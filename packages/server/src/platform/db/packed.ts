/**
 * Thousands of rows read as one: each column comes as a single text of all its values, since the driver spends more on a
 * row than the server does. For ids, names and numbers. What is null comes as the empty text.
 */
import { type RawBuilder, sql } from 'kysely'
import { assert } from '#kernel/assert.ts'

/** A character that no id, name or number has. */
const SEPARATOR = '\u001f'

/** All values of a column, as an aggregate of a query. The columns of one query come in the same order. */
export function packed(column: RawBuilder<unknown>): RawBuilder<string | null> {
  return sql<string | null>`string_agg(coalesce((${column})::text, ''), ${sql.lit(SEPARATOR)})`
}

/** The values of packed columns of one query. */
export function unpack(columns: readonly (string | null)[]): readonly (readonly string[])[] {
  const values = columns.map((text) => (text === null ? [] : text.split(SEPARATOR)))
  const lengths = new Set(values.map(({ length }) => length))
  assert(lengths.size <= 1, 'no packed value has the separator in it')
  return values
}
