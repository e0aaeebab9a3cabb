/** The database as the product sees it: a Kysely over a pool of connections, and transactions that are tried again. */
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { COLUMN_TYPES } from './column-types.ts'
import { isRetryable } from './database-failure.ts'
import { guardPool } from './guarded-pool.ts'
import type { Schema } from './schema.ts'

export { isConstraintViolation, isUnavailable, violatedConstraint } from './database-failure.ts'

/** What a store function takes: the pool or a transaction. */
export type Db = Kysely<Schema>
/** The pool, on which transactions begin. */
export type Database = Kysely<Schema>
/** A transaction under way, where a function must not run outside one. */
export type Tx = Transaction<Schema>

export interface DatabaseOptions {
  readonly poolMax?: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string
}

const POOL_MAX = 10
const CONNECT_WITHIN_MS = 5_000
const STATEMENT_WITHIN_MS = 30_000
const LOCK_WITHIN_MS = 10_000
const IDLE_IN_TRANSACTION_MAX_MS = 60_000
/** Later than the server's own limit: it only acts when the server cannot answer at all. */
const ANSWER_WITHIN_MS = 40_000
const TRANSACTION_ATTEMPTS = 6

/** Opens the pool; connections are made when they are needed. End it with `destroy()`. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolMax ?? POOL_MAX,
    application_name: options.applicationName ?? 'spillway',
    types: COLUMN_TYPES,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: STATEMENT_WITHIN_MS,
    lock_timeout: LOCK_WITHIN_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MAX_MS,
    query_timeout: ANSWER_WITHIN_MS,
  })
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: guardPool(pool) }) })
}

/**
 * Runs `work` in one transaction. After a serialization failure or a deadlock it is run again, a few times, so it
 * must have no effect outside the database. Loss of the connection becomes `Fault('database.unavailable')`.
 */
export async function inTransaction<Result>(
  database: Database,
  work: (tx: Tx) => Promise<Result>,
  isolation: 'read committed' | 'repeatable read' | 'serializable' = 'read committed',
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction().setIsolationLevel(isolation).execute(work)
    } catch (error) {
      if (!isRetryable(error) || attempt === TRANSACTION_ATTEMPTS) throw error
      // Apart from each other, or the same two would meet again.
      await pause(randomInt(1, 5 * 2 ** attempt))
    }
  }
}
