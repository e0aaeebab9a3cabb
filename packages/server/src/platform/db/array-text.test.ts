/** Arrays as text: the server reads back exactly what was written. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { arrayText } from './array-text.ts'

const { db } = await cloneDatabase()

test('any text comes back as it was, and null as null', async () => {
  const odd = [
    '',
    'null',
    'NULL',
    'nullable',
    '{}',
    'a,b',
    '"',
    '\\',
    '\\"',
    ' a',
    'a\nb',
    'é',
    '🜁',
    null,
  ]
  const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0'))
  const element = fc.option(fc.oneof(text, fc.constantFrom(...odd)), { nil: null })
  await fc.assert(
    fc.asyncProperty(fc.array(element), async (list) => {
      const { rows } = await sql<{ back: readonly (string | null)[] }>`
        SELECT ${arrayText(list)}::text[] AS back`.execute(db)
      expect(rows[0]?.back).toEqual(list)
    }),
    { numRuns: 200 },
  )
})

test('numbers and instants come back as they were', async () => {
  const { rows } = await sql<{ whole: readonly bigint[]; sum: string }>`
    SELECT ${arrayText([1n, -(2n ** 62n)])}::bigint[] AS whole,
      (SELECT sum(n) FROM unnest(${arrayText(['0.1', '0.2', 3])}::numeric[]) n) AS sum`.execute(db)
  expect(rows).toEqual([{ whole: [1n, -(2n ** 62n)], sum: '3.3' }])
})
