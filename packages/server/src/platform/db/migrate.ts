/**
 * Applies the numbered SQL files, forward only: each in its own transaction with its record and checksum. Refuses
 * what it cannot be sure of (an edited or missing file, a newer database) instead of guessing.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { errorCode, StartFailure } from './start-failure.ts'

export interface Migration {
  /** Such as `0007_lease`. */
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

export interface Applied {
  readonly name: string
  readonly checksum: string
}

export interface MigrateOptions {
  /** Where the files are; by default the product's own. */
  readonly directory?: string
  readonly onProgress?: (name: string) => void
}

const MIGRATIONS = join(import.meta.dirname, 'migrations')

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/
/** A number of our own for the advisory lock. */
const LOCK_KEY = 4510_0001
const LOCK_WITHIN_MS = 120_000

/** Reads the files in order. Throws a `StartFailure` for a wrong name, a gap or a number used twice. */
export function readMigrations(directory: string = MIGRATIONS): readonly Migration[] {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
  return files.map((file, index) => {
    const number = FILE_NAME.exec(file)?.[1]
    const wanted = String(index + 1).padStart(4, '0')
    if (number !== wanted)
      throw new StartFailure(
        'migration_invalid',
        `The migration ${file} in ${directory} should begin with ${wanted}_: files are numbered from 0001 without gaps, in lower case.`,
      )
    // Line ends may be changed by a checkout; they are not part of what was meant.
    const sql = readFileSync(join(directory, file), 'utf8').replaceAll('\r\n', '\n')
    const checksum = createHash('sha256').update(sql).digest('hex')
    return { name: file.slice(0, -'.sql'.length), sql, checksum }
  })
}

/** What is left to apply. Pure; throws a `StartFailure` when the database and the files do not belong together. */
function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly Applied[],
): readonly Migration[] {
  for (const [index, { name, checksum }] of applied.entries()) {
    const migration = migrations[index]
    if (migration === undefined)
      throw new StartFailure(
        'migration_newer_database',
        `The database was migrated by a newer Spillway (it has ${name}, which this version does not know). Start that version or a later one; migrations do not go back.`,
      )
    if (migration.name !== name)
      throw new StartFailure(
        'migration_missing',
        `The database has the migration ${name} where this version has ${migration.name}. Restore the file that was applied; an applied migration is never renamed or removed.`,
      )
    if (migration.checksum !== checksum)
      throw new StartFailure(
        'migration_edited',
        `The migration ${name} was changed after it had been applied. Restore the file as it was, and put the change into a new migration.`,
      )
  }
  return migrations.slice(applied.length)
}

/** Brings the database up to date and returns the names that were applied. Throws a `StartFailure`. */
export async function migrate(
  url: string,
  options: MigrateOptions = {},
): Promise<readonly string[]> {
  const migrations = readMigrations(options.directory)
  const client = await connect(url)
  try {
    await takeLock(client)
    const pending = pendingMigrations(migrations, await readApplied(client))
    for (const migration of pending) {
      options.onProgress?.(migration.name)
      await apply(client, migration)
    }
    return pending.map(({ name }) => name)
  } finally {
    // Ends the session, and with it the lock.
    await client.end()
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'spillway-migrate',
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    throw new StartFailure(
      'database_unreachable',
      `The database ${client.database} at ${client.host}:${client.port} cannot be reached: ${(error instanceof Error && error.message) || errorCode(error)}. Check that it runs, and the address, role and password in DATABASE_URL.`,
      error,
    )
  }
}

async function takeLock(client: pg.Client): Promise<void> {
  await client.query(`SET lock_timeout = ${LOCK_WITHIN_MS}`)
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY])
  } catch (error) {
    if (errorCode(error) !== '55P03') throw error
    throw new StartFailure(
      'migration_locked',
      `Another Spillway has been migrating this database for more than ${LOCK_WITHIN_MS / 1000} seconds. Wait for it to end, then start again.`,
      error,
    )
  }
}

async function readApplied(client: pg.Client): Promise<readonly Applied[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`)
  const { rows } = await client.query<Applied>(
    'SELECT name, checksum FROM schema_migration ORDER BY name',
  )
  return rows
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query('INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)', [
      name,
      checksum,
    ])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw failed({ name, sql }, error)
  }
}

function failed({ name, sql }: Pick<Migration, 'name' | 'sql'>, error: unknown): StartFailure {
  const { message, position } = error as { message?: string; position?: string }
  const line =
    position === undefined ? '' : `, line ${sql.slice(0, Number(position)).split('\n').length}`
  const reason = errorCode(error) === '53100' ? 'disk_full' : 'migration_failed'
  return new StartFailure(
    reason,
    `The migration ${name}.sql failed${line}: ${message ?? String(error)}. Nothing of it was kept; the database is as the migration before left it.`,
    error,
  )
}
