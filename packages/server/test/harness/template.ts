/**
 * The migrated database that tests are cloned from. Its name holds the hash of the migrations, so that a changed file
 * makes a new one, also on a server that is kept between runs.
 */
import { createHash } from 'node:crypto'
import pg from 'pg'
import { migrate, readMigrations } from '#platform/db/migrate.ts'
import { errorCode } from '#platform/db/start-failure.ts'

/** A number of our own for the advisory lock that makes one process build the template. */
const LOCK_KEY = 4510_0900

/** Runs statements on the server itself, outside of the tests' databases. */
export async function onServer<Result>(
  serverUrl: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: serverUrl, application_name: 'spillway-test' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Makes the template when there is none, and returns its name. */
export async function ensureTemplate(serverUrl: string): Promise<string> {
  const checksums = readMigrations().map(({ checksum }) => checksum)
  const hash = createHash('sha256').update(checksums.join()).digest('hex')
  const name = `spillway_template_${hash.slice(0, 16)}`
  await onServer(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY])
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 1) return
    const draft = `${name}_draft`
    await client.query(`DROP DATABASE IF EXISTS ${draft}`)
    await client.query(`CREATE DATABASE ${draft}`)
    await migrate(databaseUrl(serverUrl, draft))
    await renameWhenFree(client, draft, name)
  })
  return name
}

/** The session that migrated may still be ending when the rename is tried. */
async function renameWhenFree(client: pg.Client, from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`ALTER DATABASE ${from} RENAME TO ${to}`)
      return
    } catch (error) {
      // 55006: it is being used by others. PostgreSQL itself waits some seconds before it says so.
      if (errorCode(error) !== '55006' || attempt === 5) throw error
    }
  }
}

/**
 * Ends who is still connected, and drops the database. A worker of autovacuum belongs to the superuser: by force only
 * he could end it, while a plain drop has it end by itself.
 */
export async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`DROP DATABASE ${name}${attempt % 2 === 1 ? ' WITH (FORCE)' : ''}`)
      return
    } catch (error) {
      // 42501: a worker was there; 55006: somebody else still was, after some seconds.
      if (!['42501', '55006'].includes(errorCode(error)) || attempt === 6) throw error
    }
  }
}
