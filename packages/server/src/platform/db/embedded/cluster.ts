/**
 * PostgreSQL's own folder inside the data folder: made by `initdb` into a draft that is renamed when complete, so
 * that a crash in between leaves nothing half made. Checks that an existing one is of our version.
 */
import { spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { StartFailure } from '../start-failure.ts'
import type { Binaries } from './binaries.ts'
import { ADMINISTRATOR } from './connection-record.ts'
import { failureFromLog } from './log.ts'
import type { RunAs } from './run-as.ts'

const MAJOR_VERSION = '18'

/** Where things lie; all paths are absolute and without links. */
export interface Folders {
  readonly dataDir: string
  /** What PostgreSQL's user owns. */
  readonly home: string
  readonly cluster: string
  readonly socket: string
  readonly log: string
}

export function foldersOf(dataDir: string): Folders {
  const home = join(dataDir, 'postgres')
  const log = join(dataDir, 'postgres.log')
  return { dataDir, home, cluster: join(home, 'cluster'), socket: join(home, 'socket'), log }
}

export function isInitialised(folders: Folders): boolean {
  return existsSync(join(folders.cluster, 'PG_VERSION'))
}

/** Refuses a folder that another major version wrote. */
export function checkVersion(folders: Folders): void {
  const version = readFileSync(join(folders.cluster, 'PG_VERSION'), 'utf8').trim()
  if (version === MAJOR_VERSION) return
  throw new StartFailure(
    'postgres_version_mismatch',
    `The database in ${folders.cluster} was made by PostgreSQL ${version}, and this Spillway brings PostgreSQL ${MAJOR_VERSION}. Start the Spillway version that made it, or move its content to a new data folder with pg_dump and pg_restore.`,
  )
}

export async function initialise(
  folders: Folders,
  { initdb }: Binaries,
  { runAs, password, isDurable }: { runAs: RunAs; password: string; isDurable: boolean },
): Promise<void> {
  const draft = `${folders.cluster}.new`
  const passwordFile = join(folders.home, 'password')
  rmSync(draft, { recursive: true, force: true })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (runAs.name !== 'caller') chownSync(passwordFile, runAs.owner, runAs.owner)
  const words = ['-D', draft, `--username=${ADMINISTRATOR}`, `--pwfile=${passwordFile}`]
    .concat(['--auth=scram-sha-256', '--encoding=UTF8', '--no-instructions'])
    // The builtin provider sorts the same on every machine and never changes under an index.
    .concat(['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'])
    .concat(isDurable ? [] : ['--no-sync'])
  try {
    await runToEnd(initdb, words, { runAs, folders })
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(draft, folders.cluster)
}

/** Makes the folders that PostgreSQL's user will own. */
export function makeFolders(folders: Folders): void {
  mkdirSync(folders.home, { recursive: true, mode: 0o700 })
  // A socket left by a crash names a pid that may mean another process now.
  rmSync(folders.socket, { recursive: true, force: true })
  mkdirSync(folders.socket, { mode: 0o700 })
}

function runToEnd(
  program: string,
  words: readonly string[],
  { runAs, folders }: { runAs: RunAs; folders: Folders },
): Promise<void> {
  const [command = program, ...rest] = [...runAs.prefix, program, ...words]
  const child = spawn(command, rest, {
    ...runAs.user,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(-4000)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(failureFromLog(text, folders))))
  })
}
