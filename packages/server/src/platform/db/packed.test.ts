import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { arrayText } from './array-text.ts'
import { packed, unpack } from './packed.ts'

const { db } = await cloneDatabase()

async function readBack(texts: readonly (string | null)[]) {
  const { rows } = await sql<{ a: string | null; b: string | null }>`
    SELECT ${packed(sql`value`)} AS a, ${packed(sql`place`)} AS b
    FROM unnest(${arrayText(texts)}::text[]) WITH ORDINALITY AS t (value, place)`.execute(db)
  return rows.flatMap(({ a, b }) => unpack([a, b]))
}

test('packed columns come back value by value, each beside its neighbour', async () => {
  const isText = (each: string) => !each.includes('\0') && !each.includes('\u001f')
  const text = fc.string().filter((each) => isText(each) && each.isWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 20 }), async (texts) => {
      const [values, places] = await readBack(texts)
      expect(values).toEqual(texts.map((each) => each ?? ''))
      expect(places).toEqual(texts.map((_, index) => String(index + 1)))
    }),
    { numRuns: 50 },
  )
})

test('a value with the separator in it is a defect, not another row', async () => {
  await expect(readBack(['one\u001ftwo'])).rejects.toThrow(/separator/)
})
