/**
 * The driver's pool as Kysely sees it, with two promises added: an error that means "the database is gone" becomes
 * one `Fault` wherever it surfaces, and a broken connection is never handed out again nor crashes the process.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import { isUnavailable, unavailable, unknownOutcome } from './database-failure.ts'

export function guardPool(pool: pg.Pool): PostgresPool {
  // Idle connections report their end here; the next query gets a new one.
  pool.on('error', () => undefined)
  // A connection in use reports to its query as well; without a listener Node would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    options: pool.options,
    connect: async () => {
      try {
        return guardClient(await pool.connect())
      } catch (error) {
        throw isUnavailable(error) ? unavailable(error) : error
      }
    },
    end: () => pool.end(),
  }
}

function guardClient(client: pg.PoolClient): PostgresPoolClient {
  let isBroken = false
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters])
    } catch (error) {
      if (!isUnavailable(error)) throw error
      isBroken = true
      // It is rolled back by being gone; the error that led here is the one worth telling.
      if (text === 'rollback') return { command: 'ROLLBACK' as const, rowCount: 0, rows: [] }
      throw text === 'commit' ? unknownOutcome(error) : unavailable(error)
    }
  }
  return {
    // Kysely also knows a form for cursors, which we never use.
    query: query as unknown as PostgresPoolClient['query'],
    release: (isDiscarded) => client.release(isDiscarded === true || isBroken),
  }
}
