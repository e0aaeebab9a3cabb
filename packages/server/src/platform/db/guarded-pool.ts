/**
 * The driver's pool as Kysely sees it, with three promises added: an error that means "the database is gone" becomes
 * one `Fault` wherever it surfaces, a broken connection is never handed out again nor crashes the process, and statements
 * that come again are prepared, which nobody notices.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'
import { isPlanOutlived, isUnavailable, unavailable, unknownOutcome } from './database-failure.ts'
import { nameStatements, type StatementNames } from './prepared.ts'

export function guardPool(pool: pg.Pool): PostgresPool {
  // Idle connections report their end here; the next query gets a new one.
  pool.on('error', () => undefined)
  // A connection in use reports to its query as well; without a listener Node would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const names = nameStatements()
  return {
    options: pool.options,
    connect: async () => {
      try {
        return guardClient(await pool.connect(), names)
      } catch (error) {
        throw isUnavailable(error) ? unavailable(error) : error
      }
    },
    end: () => pool.end(),
  }
}

/** As the driver's, but a plan that was outlived by its table is made anew. */
async function ask(
  client: pg.PoolClient,
  names: StatementNames,
  { text, values }: { readonly text: string; readonly values: unknown[] },
): Promise<pg.QueryResult> {
  const name = names.nameOf(text)
  if (name === undefined) return client.query(text, values)
  try {
    return await client.query({ name, text, values })
  } catch (error) {
    if (!isPlanOutlived(error)) throw error
    names.renew()
    // In a transaction nothing works any more, and it is begun anew by whoever began it.
    return client.query(text, values).catch(() => {
      throw error
    })
  }
}

function guardClient(client: pg.PoolClient, names: StatementNames): PostgresPoolClient {
  let isBroken = false
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await ask(client, names, { text, values: [...parameters] })
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
