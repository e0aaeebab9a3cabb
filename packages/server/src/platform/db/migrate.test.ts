/** Migrations: forward only, whole or not at all, and refused when in doubt. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { migrate, readMigrations } from './migrate.ts'
import { StartFailure, type StartFailureReason } from './start-failure.ts'

const { db, url } = await cloneDatabase('empty')
const directory = mkdtempSync(join(tmpdir(), 'spillway-migrations-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

beforeEach(async () => {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  await sql`DROP SCHEMA public CASCADE`.execute(db)
  await sql`CREATE SCHEMA public`.execute(db)
})

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text)
}

async function refusal(
  work: () => unknown,
): Promise<{ reason: StartFailureReason; message: string }> {
  try {
    await work()
  } catch (error) {
    if (error instanceof StartFailure) return error
    throw error
  }
  throw new Error('it should have been refused')
}

async function tables(): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`.execute(db)
  return rows.map(({ name }) => name).filter((name) => name !== 'schema_migration')
}

test('files are applied once, in order', async () => {
  write('0001_first.sql', 'CREATE TABLE first (id int); INSERT INTO first VALUES (1);')
  write('0002_second.sql', 'CREATE TABLE second (id int);')
  expect(await migrate(url, { directory })).toEqual(['0001_first', '0002_second'])
  expect(await migrate(url, { directory })).toEqual([])
  expect(await tables()).toEqual(['first', 'second'])
})

test('a later file is applied on top of what was there', async () => {
  write('0001_first.sql', 'CREATE TABLE first (id int)')
  await migrate(url, { directory })
  write('0002_second.sql', 'ALTER TABLE first ADD name text')
  expect(await migrate(url, { directory })).toEqual(['0002_second'])
})

test('two that migrate at once apply each file once', async () => {
  write('0001_first.sql', 'CREATE TABLE first (id int); SELECT pg_sleep(0.05)')
  const both = await Promise.all([migrate(url, { directory }), migrate(url, { directory })])
  expect(both.flat()).toEqual(['0001_first'])
})

test('a file that fails leaves nothing of itself, and says which line', async () => {
  // given
  write('0001_first.sql', 'CREATE TABLE first (id int)')
  write('0002_second.sql', 'CREATE TABLE second (id int);\n\nCREATE TABLE third (id nonsense);')
  // when
  const { reason, message } = await refusal(() => migrate(url, { directory }))
  // then
  expect(reason).toBe('migration_failed')
  expect(message).toContain('0002_second.sql failed, line 3')
  expect(message).toContain('nonsense')
  expect(await tables()).toEqual(['first'])
})

test('a file that was edited after it was applied is refused', async () => {
  write('0001_first.sql', 'CREATE TABLE first (id int)')
  await migrate(url, { directory })
  write('0001_first.sql', 'CREATE TABLE first (id bigint)')
  const { reason, message } = await refusal(() => migrate(url, { directory }))
  expect(reason).toBe('migration_edited')
  expect(message).toContain('0001_first was changed')
})

test('line ends that a checkout changed are no edit', async () => {
  write('0001_first.sql', 'CREATE TABLE first (id int);\nSELECT 1;\n')
  await migrate(url, { directory })
  write('0001_first.sql', 'CREATE TABLE first (id int);\r\nSELECT 1;\r\n')
  expect(await migrate(url, { directory })).toEqual([])
})

test('a database that a newer program migrated is refused', async () => {
  write('0001_first.sql', 'SELECT 1')
  write('0002_second.sql', 'SELECT 2')
  await migrate(url, { directory })
  rmSync(join(directory, '0002_second.sql'))
  const { reason, message } = await refusal(() => migrate(url, { directory }))
  expect(reason).toBe('migration_newer_database')
  expect(message).toContain('0002_second')
})

test('an applied file that has another name now is refused', async () => {
  write('0001_first.sql', 'SELECT 1')
  await migrate(url, { directory })
  rmSync(join(directory, '0001_first.sql'))
  write('0001_renamed.sql', 'SELECT 1')
  expect((await refusal(() => migrate(url, { directory }))).reason).toBe('migration_missing')
})

test.each([
  ['a gap', ['0001_first.sql', '0003_third.sql']],
  ['a number used twice', ['0001_first.sql', '0001_other.sql']],
  ['a name that is not lower case', ['0001_First.sql']],
])('%s in the numbers is refused', async (_case, names) => {
  for (const name of names) write(name, 'SELECT 1')
  expect((await refusal(() => readMigrations(directory))).reason).toBe('migration_invalid')
})

test('a database that does not answer is refused with its address and without its password', async () => {
  const nowhere = 'postgresql://somebody:secret@127.0.0.1:1/spillway'
  const { reason, message } = await refusal(() => migrate(nowhere, { directory }))
  expect(reason).toBe('database_unreachable')
  expect(message).toContain('127.0.0.1:1')
  expect(message).toContain('DATABASE_URL')
  expect(message).not.toContain('secret')
})
