/**
 * The PostgreSQL of a test run: one for all test files, started by the first that asks for it, so that runs without
 * database tests wait for nothing. With `DATABASE_URL` set it is that one; its role must be allowed to create databases.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbedded } from '#platform/db/embedded/index.ts'
import { errorCode } from '#platform/db/start-failure.ts'
import { untilTrue } from './until-true.ts'

const READY_WITHIN_MS = 90_000

interface Outcome {
  readonly url?: string
  readonly failure?: string
}

/** Where the run keeps its server; also the file names that test files and the end of the run agree on. */
export function serverFolder(runFolder: string): string {
  return join(runFolder, 'server')
}

/** The address of the run's server. Many processes may call this at once; one of them starts it. */
export async function sharedServer(runFolder: string): Promise<string> {
  const own = process.env['DATABASE_URL']
  if (own !== undefined && own !== '') return own
  const outcomeFile = join(runFolder, 'server.json')
  if (takeTurn(runFolder))
    writeFileSync(outcomeFile, JSON.stringify(await start(runFolder)), { mode: 0o600 })
  const text = await untilTrue(() => existsSync(outcomeFile) && readFileSync(outcomeFile, 'utf8'), {
    timeoutMs: READY_WITHIN_MS,
    what: 'the PostgreSQL of the test run is up',
  })
  const { url, failure } = JSON.parse(text) as Outcome
  if (url === undefined) throw new Error(`the PostgreSQL of the test run did not start: ${failure}`)
  return url
}

/** True for exactly one caller of a run. */
function takeTurn(runFolder: string): boolean {
  try {
    mkdirSync(serverFolder(runFolder), { mode: 0o700 })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

async function start(runFolder: string): Promise<Outcome> {
  try {
    const embedded = await startEmbedded({ dataDir: serverFolder(runFolder), isDurable: false })
    // It outlives this test file; the end of the run stops it.
    await embedded.leave()
    return { url: embedded.url }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}
