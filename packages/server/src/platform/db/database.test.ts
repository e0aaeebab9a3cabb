/** The pool and its transactions against a real PostgreSQL. */
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'
import {
  inTransaction,
  isConstraintViolation,
  openDatabase,
  violatedConstraint,
} from './database.ts'

const { db, url } = await cloneDatabase('empty')

beforeAll(async () => {
  await sql`CREATE TABLE pair (id int PRIMARY KEY, value int NOT NULL, CONSTRAINT pair_small CHECK (value < 100))`.execute(
    db,
  )
  await sql`INSERT INTO pair VALUES (1, 0), (2, 0)`.execute(db)
})

async function terminateOthers(): Promise<void> {
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(db)
}

test('SQL values arrive as the types promise', async () => {
  const { rows } = await sql`SELECT
    '9007199254740993'::int8 AS int8, '0.000000000001'::numeric(38,12) AS numeric,
    '{1,NULL,3}'::int8[] AS int8s, '{1.10,2}'::numeric[] AS numerics, '{a,"b c"}'::text[] AS texts,
    '2026-01-02T03:04:05.678Z'::timestamptz AS instant, '2026-01-02'::date AS day,
    '{"a": [1]}'::jsonb AS json, '[1,5)'::int4range AS range, NULL::int8 AS nothing`.execute(db)
  expect(rows[0]).toEqual({
    int8: 9007199254740993n,
    numeric: '0.000000000001',
    int8s: [1n, null, 3n],
    numerics: ['1.10', '2'],
    texts: ['a', 'b c'],
    instant: new Date('2026-01-02T03:04:05.678Z'),
    day: '2026-01-02',
    json: { a: [1] },
    range: '[1,5)',
    nothing: null,
  })
})

test('values go there and come back unchanged', async () => {
  const instant = new Date('2026-03-29T01:30:00.123Z')
  const { rows } = await sql`SELECT ${2n ** 62n}::int8 AS big, ${instant}::timestamptz AS instant,
    ${['a,"b', null]}::text[] AS texts, ${[1n, 2n]}::int8[] AS bigs`.execute(db)
  expect(rows[0]).toEqual({ big: 2n ** 62n, instant, texts: ['a,"b', null], bigs: [1n, 2n] })
})

test('a transaction whose work throws leaves nothing', async () => {
  const work = inTransaction(db, async (tx) => {
    await sql`INSERT INTO pair VALUES (9, 9)`.execute(tx)
    throw new Error('changed my mind')
  })
  await expect(work).rejects.toThrow('changed my mind')
  const { rows } = await sql`SELECT FROM pair WHERE id = 9`.execute(db)
  expect(rows).toHaveLength(0)
})

test('transactions that deadlock are tried again until both have passed', async () => {
  // given: each locks its first row, waits until both have, then wants the other's
  const arrived = new Set<number>()
  const attempts: number[] = []
  const move = (first: number, second: number) =>
    inTransaction(db, async (tx) => {
      attempts.push(first)
      await sql`UPDATE pair SET value = value + 1 WHERE id = ${first}`.execute(tx)
      arrived.add(first)
      await untilTrue(() => arrived.size === 2)
      await sql`UPDATE pair SET value = value + 1 WHERE id = ${second}`.execute(tx)
    })
  // when
  await Promise.all([move(1, 2), move(2, 1)])
  // then
  const { rows } = await sql<{
    value: number
  }>`SELECT value FROM pair WHERE id < 3 ORDER BY id`.execute(db)
  expect(rows).toEqual([{ value: 2 }, { value: 2 }])
  expect(attempts.length).toBeGreaterThan(2)
})

test('serializable transactions that contradict each other are tried again', async () => {
  await sql`UPDATE pair SET value = 0`.execute(db)
  const increment = () =>
    inTransaction(
      db,
      async (tx) => {
        const { rows } = await sql<{ value: number }>`SELECT value FROM pair WHERE id = 1`.execute(
          tx,
        )
        await sql`UPDATE pair SET value = ${(rows[0]?.value ?? 0) + 1} WHERE id = 1`.execute(tx)
      },
      'serializable',
    )
  await Promise.all([increment(), increment(), increment()])
  const { rows } = await sql<{ value: number }>`SELECT value FROM pair WHERE id = 1`.execute(db)
  expect(rows).toEqual([{ value: 3 }])
})

test('a broken constraint is recognised by its name', async () => {
  const error: unknown = await sql`INSERT INTO pair VALUES (3, 1000)`
    .execute(db)
    .catch((e: unknown) => e)
  expect(violatedConstraint(error)).toBe('pair_small')
  expect(isConstraintViolation(error, 'pair_small')).toBe(true)
  expect(isConstraintViolation(error, 'pair_pkey')).toBe(false)
  expect(violatedConstraint(new Error('other'))).toBeNull()
})

test('a connection that is ended in the middle is a fault, and the next query works', async () => {
  const work = inTransaction(db, async (tx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx)
    await sql`SELECT pg_terminate_backend(${rows[0]?.pid})`.execute(db)
    await sql`SELECT 1`.execute(tx)
  })
  await expect(work).rejects.toMatchObject({ code: 'database.unavailable' })
  await expect(sql`SELECT 1`.execute(db)).resolves.toBeDefined()
})

test('a connection that is lost at the commit leaves the outcome open, and says so', async () => {
  const work = inTransaction(db, async (tx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx)
    await sql`SELECT pg_terminate_backend(${rows[0]?.pid})`.execute(db)
  })
  await expect(work).rejects.toMatchObject({
    code: 'database.unavailable',
    details: { outcome: 'unknown' },
  })
})

test('the error of the work is told even when the connection broke too', async () => {
  const work = inTransaction(db, async (tx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx)
    await sql`SELECT pg_terminate_backend(${rows[0]?.pid})`.execute(db)
    throw new Fault('lease.not_found', 'No such lease.')
  })
  await expect(work).rejects.toMatchObject({ code: 'lease.not_found' })
})

test('statements that come again are prepared, and go on when their table gets another shape', async () => {
  const other = openDatabase(url, { poolMax: 2 })
  await sql`CREATE TABLE shape (id int)`.execute(db)
  await sql`INSERT INTO shape VALUES (7)`.execute(db)
  const readAll = (on: Parameters<typeof inTransaction>[0]) =>
    sql`SELECT * FROM shape WHERE id = ${7}`.execute(on).then(({ rows }) => rows)
  const readBoth = () =>
    Promise.all([readAll(other), inTransaction(other, (tx) => readAll(tx as typeof other))])
  for (let time = 0; time < 5; time++) await readBoth()
  const prepared = await sql<{ statement: string }>`SELECT statement FROM pg_prepared_statements
    WHERE statement LIKE '%FROM shape%'`.execute(other)
  expect(prepared.rows).toHaveLength(1)
  // when: as a newer version does that migrates while this one runs on
  await sql`ALTER TABLE shape ADD COLUMN colour text DEFAULT 'red'`.execute(db)
  // then
  const row = { id: 7, colour: 'red' }
  expect(await inTransaction(other, (tx) => readAll(tx as typeof other))).toEqual([row])
  for (let time = 0; time < 5; time++) expect(await readBoth()).toEqual([[row], [row]])
  await other.destroy()
})

test('idle connections that are ended do not matter', async () => {
  const other = openDatabase(url, { poolMax: 3 })
  await Promise.all([1, 2, 3].map(() => sql`SELECT pg_sleep(0.01)`.execute(other)))
  await terminateOthers()
  await untilTrue(async () => (await sql`SELECT 1`.execute(other)).rows.length === 1)
  await other.destroy()
})

test('a database that does not answer is a fault', async () => {
  const nowhere = openDatabase('postgresql://nobody@127.0.0.1:1/nothing')
  const query = sql`SELECT 1`.execute(nowhere)
  await expect(query).rejects.toMatchObject({ code: 'database.unavailable', retryAfterMs: 1000 })
  await nowhere.destroy()
})

test('an error in the SQL itself is not blamed on the database', async () => {
  const query = sql`SELECT nonsense`.execute(db)
  await expect(query).rejects.toMatchObject({ code: '42703' })
})
