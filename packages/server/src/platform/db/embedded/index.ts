/**
 * The embedded PostgreSQL: one call gives a running server in the data folder, made, started, adopted from an
 * earlier run or restarted as needed. Knows nothing of tables.
 */
import { realpathSync, existsSync } from 'node:fs'
import { fromSystemError, StartFailure } from '../start-failure.ts'
import { findBinaries } from './binaries.ts'
import {
  checkVersion,
  type Folders,
  foldersOf,
  initialise,
  isInitialised,
  makeFolders,
} from './cluster.ts'
import { choosePort, type ConnectionRecord, readOrMakeRecord } from './connection-record.ts'
import { recordPath, renderAdministratorUrl, renderUrl, writeRecord } from './connection-record.ts'
import { limitLog } from './log.ts'
import { isRunningOn } from './postmaster-file.ts'
import { findRunning, launch, stopPostmaster } from './postmaster.ts'
import { prepareDatabase } from './prepare.ts'
import { chooseRunAs } from './run-as.ts'
import { type EmbeddedEvent, watch } from './watch.ts'

export type { EmbeddedEvent } from './watch.ts'

export interface EmbeddedOptions {
  /** Exists, and is held by this process: see `openDataFolder`. */
  readonly dataDir: string
  readonly onProgress?: (step: 'initialising' | 'starting' | 'adopting') => void
  /** Deaths and restarts after the start. */
  readonly onEvent?: (event: EmbeddedEvent) => void
  /** False only for databases that are thrown away. */
  readonly isDurable?: boolean
}

export interface Embedded {
  /** Stays the same over restarts. */
  readonly url: string
  readonly administratorUrl: string
  /** Of the server that runs now. */
  readonly pid: number
  /** It was running before we came. */
  readonly isAdopted: boolean
  /** Stops PostgreSQL in order. */
  stop(): Promise<void>
  /** Stops watching and leaves PostgreSQL running for the next server. */
  leave(): Promise<void>
}

interface Started {
  readonly pid: number
  readonly record: ConnectionRecord
}

const PORT_ATTEMPTS = 5

/** Starts or adopts the server of this data folder. Throws a `StartFailure`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const folders = foldersOf(realpathSync(options.dataDir))
  let adopted: Started | null
  let started: Started
  try {
    adopted = await adopt(folders, options)
    started = adopted ?? (await startFresh(folders, options))
  } catch (error) {
    throw fromSystemError(error, folders.dataDir)
  }
  return supervise(folders, { ...options, ...started, isAdopted: adopted !== null })
}

/** Stops the server of a data folder when one runs there, without starting or adopting it. */
export async function stopEmbedded(dataDir: string): Promise<void> {
  const folders = foldersOf(realpathSync(dataDir))
  const running = await findRunning(folders)
  if (running !== null) await stopPostmaster(folders, running.pid)
}

async function adopt(folders: Folders, options: EmbeddedOptions): Promise<Started | null> {
  if (!isInitialised(folders)) return null
  const running = await findRunning(folders)
  if (running === null) return null
  options.onProgress?.('adopting')
  const record = { ...readExistingRecord(folders), port: running.port }
  await prepareDatabase(record, folders.socket)
  return { pid: running.pid, record }
}

async function startFresh(folders: Folders, options: EmbeddedOptions): Promise<Started> {
  if (isInitialised(folders)) {
    checkVersion(folders)
    readExistingRecord(folders)
  }
  for (let attempt = 1; ; attempt++) {
    const kept = readOrMakeRecord(folders.dataDir)
    const record = { ...kept, port: await choosePort(kept.port) }
    try {
      const pid = await start(folders, record, options)
      writeRecord(folders.dataDir, record)
      await prepareDatabase(record, folders.socket)
      return { pid, record }
    } catch (error) {
      const isTaken = error instanceof StartFailure && error.reason === 'postgres_port_taken'
      if (!isTaken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

/** Starts PostgreSQL on the port of the record, after making its folder when there is none. */
async function start(folders: Folders, record: ConnectionRecord, options: EmbeddedOptions) {
  const isDurable = options.isDurable ?? true
  const binaries = findBinaries()
  makeFolders(folders)
  const runAs = chooseRunAs(binaries.postgres, folders.dataDir, folders.home)
  if (!isInitialised(folders)) {
    options.onProgress?.('initialising')
    const password = record.administratorPassword
    await initialise(folders, binaries, { runAs, password, isDurable })
  }
  options.onProgress?.('starting')
  return launch({ folders, binaries, runAs, port: record.port, isDurable })
}

function readExistingRecord(folders: Folders): ConnectionRecord {
  if (existsSync(recordPath(folders.dataDir))) return readOrMakeRecord(folders.dataDir)
  throw new StartFailure(
    'postgres_failed',
    `The file ${recordPath(folders.dataDir)}, which holds the database's passwords, is missing. Restore it from a backup.`,
  )
}

function supervise(
  folders: Folders,
  options: EmbeddedOptions & Started & { readonly isAdopted: boolean },
): Embedded {
  const { record, isAdopted } = options
  let { pid } = options
  const ending = new AbortController()
  const watching = watch(
    {
      pid: () => pid,
      isRunning: () => isRunningOn(folders.cluster, pid),
      restart: async () => {
        pid = await start(folders, record, {
          dataDir: options.dataDir,
          isDurable: options.isDurable ?? true,
        })
      },
      look: () => limitLog(folders.log),
      tell: (event) => options.onEvent?.(event),
    },
    ending.signal,
  )
  const leave = async () => {
    ending.abort()
    await watching
  }
  return {
    url: renderUrl(record, folders.socket),
    administratorUrl: renderAdministratorUrl(record, folders.socket),
    get pid() {
      return pid
    },
    isAdopted,
    leave,
    stop: async () => {
      await leave()
      await stopPostmaster(folders, pid)
    },
  }
}
