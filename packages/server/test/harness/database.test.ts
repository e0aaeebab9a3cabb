/** The harness keeps its own promises: a migrated database that no other test sees. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { cloneDatabase } from './index.ts'

const first = await cloneDatabase()
const second = await cloneDatabase()

async function applied(db: typeof first.db): Promise<bigint> {
  const { rows } = await sql<{
    count: bigint
  }>`SELECT count(*) AS count FROM schema_migration`.execute(db)
  return rows[0]?.count ?? 0n
}

test('a cloned database is migrated', async () => {
  expect(await applied(first.db)).toBeGreaterThan(0n)
})

test('what one test file writes is invisible to another', async () => {
  // given
  await first.db
    .insertInto('organization')
    .values({ id: 'org_1', name: 'Acme', kind: 'customer', created_at: new Date(0) })
    .execute()
  // when
  const seen = await second.db.selectFrom('organization').selectAll().execute()
  // then
  expect(seen).toEqual([])
})
