/** The database and the role inside a running embedded server; made once. Also proves that the server is ours. */
import pg from 'pg'
import { errorCode, StartFailure } from '../start-failure.ts'
import { type ConnectionRecord, renderAdministratorUrl, ROLE } from './connection-record.ts'

/**
 * Connects with the administrator's recorded password, which only our own server knows, and makes the role and its
 * database when they are missing. The role may create databases, for tests, and is otherwise ordinary.
 */
export async function prepareDatabase(
  record: ConnectionRecord,
  socketFolder: string,
): Promise<void> {
  const client = new pg.Client({
    connectionString: renderAdministratorUrl(record, socketFolder),
    connectionTimeoutMillis: 10_000,
    application_name: 'spillway-prepare',
  })
  // A connection that breaks later than its last answer is of no interest.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rowCount: roles } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [
      ROLE,
    ])
    if (roles === 0) await client.query(`CREATE ROLE ${ROLE} LOGIN CREATEDB`)
    // Hexadecimal by construction, so that it needs no quoting.
    if (roles === 0) await client.query(`ALTER ROLE ${ROLE} PASSWORD '${record.password}'`)
    const { rowCount: databases } = await client.query(
      'SELECT FROM pg_database WHERE datname = $1',
      [ROLE],
    )
    if (databases === 0) await client.query(`CREATE DATABASE ${ROLE} OWNER ${ROLE}`)
  } catch (error) {
    throw unprepared(error)
  } finally {
    await client.end()
  }
}

function unprepared(error: unknown): StartFailure {
  if (errorCode(error) === '53100')
    return new StartFailure(
      'disk_full',
      'The disk of the database is full. Free at least 200 MiB, then start again.',
      error,
    )
  const why = error instanceof Error ? error.message : String(error)
  return new StartFailure(
    'postgres_failed',
    `The embedded PostgreSQL runs and refuses its own server: ${why}. If postgres.json in the data folder was changed, restore it from a backup.`,
    error,
  )
}
