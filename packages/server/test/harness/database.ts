/** A migrated database for one test file: cloned from the template, dropped at the end, kept when a test failed. */
import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, inject, type RunnerTask } from 'vitest'
import { type Database, openDatabase } from '#platform/db/database.ts'
import { sharedServer } from './server.ts'
import { databaseUrl, dropDatabase, ensureTemplate, onServer } from './template.ts'

export interface TestDatabase {
  readonly db: Database
  readonly url: string
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly runFolder: string
  }
}

/**
 * Call it at the top of a test file: `const { db } = await cloneDatabase()`. An `empty` one has no tables, for tests
 * of the migrations themselves.
 */
export async function cloneDatabase(
  content: 'migrated' | 'empty' = 'migrated',
): Promise<TestDatabase> {
  let finish = async (_hasFailed: boolean): Promise<void> => undefined
  // Registered before anything is awaited, while the file is still being collected.
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads this text to learn which fixtures are wanted: none.
  afterAll(({}, suite) => finish(hasFailed(suite.tasks)))
  const runFolder = inject('runFolder')
  const serverUrl = await sharedServer(runFolder)
  const template = content === 'empty' ? 'template0' : await ensureTemplate(serverUrl)
  const name = `spillway_test_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`),
  )
  const url = databaseUrl(serverUrl, name)
  const db = openDatabase(url, { applicationName: name })
  finish = async (isKept) => {
    await db.destroy()
    if (isKept) appendFileSync(join(runFolder, 'kept'), `${url}\n`, { mode: 0o600 })
    else await onServer(serverUrl, (client) => dropDatabase(client, name))
  }
  return { db, url }
}

function hasFailed(tasks: readonly RunnerTask[]): boolean {
  return tasks.some((task) =>
    task.type === 'suite' ? hasFailed(task.tasks) : task.result?.state === 'fail',
  )
}
