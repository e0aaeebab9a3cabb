/**
 * One running PostgreSQL: started detached, so that it outlives a killed server, waited for until it answers, found
 * again by the next server, and stopped. Restarting it after its death is `watch.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '../process-identity.ts'
import { errorCode, StartFailure } from '../start-failure.ts'
import type { Binaries } from './binaries.ts'
import type { Folders } from './cluster.ts'
import { failureFromLog, isStillInUse, openLog, readLog } from './log.ts'
import { disownPostmasterFile, isRunningOn, readPostmasterFile } from './postmaster-file.ts'
import type { RunAs } from './run-as.ts'
import { renderSettings } from './settings.ts'

/** Recovery after a crash replays at most `max_wal_size`, which the slowest disk does in this time. */
const READY_WITHIN_MS = 120_000
/** How long backends of a killed server may take to notice. */
const IN_USE_WITHIN_MS = 15_000
const LOOK_EVERY_MS = 20
const FAST_STOP_WITHIN_MS = 30_000
const IMMEDIATE_STOP_WITHIN_MS = 15_000

export interface Launch {
  readonly folders: Folders
  readonly binaries: Binaries
  readonly runAs: RunAs
  readonly port: number
  readonly isDurable: boolean
}

/** The server that runs on this folder already, when there is one; waits for one that is still starting. */
export async function findRunning(folders: Folders): Promise<{ pid: number; port: number } | null> {
  const deadline = performance.now() + READY_WITHIN_MS
  for (;;) {
    const file = readPostmasterFile(folders.cluster)
    if (file === null || !isAlive(file.pid)) return null
    if (!isRunningOn(folders.cluster, file.pid)) {
      disownPostmasterFile(folders.cluster)
      return null
    }
    if (file.isReady) return { pid: file.pid, port: file.port }
    if (performance.now() > deadline) throw notReady(folders, file.pid)
    await pause(LOOK_EVERY_MS)
  }
}

/** Starts it and waits until it accepts connections. Resolves with its pid; throws a `StartFailure`. */
export async function launch(options: Launch): Promise<number> {
  const deadline = performance.now() + IN_USE_WITHIN_MS
  for (;;) {
    const outcome = await launchOnce(options)
    if (outcome.pid !== null) return outcome.pid
    if (!isStillInUse(outcome.text) || performance.now() > deadline)
      throw failureFromLog(outcome.text, options.folders)
    await pause(200)
  }
}

async function launchOnce({ folders, binaries, runAs, port, isDurable }: Launch) {
  const log = openLog(folders.log)
  const settings = renderSettings({ port, socketFolder: folders.socket, isDurable })
  const words = [...runAs.prefix, binaries.postgres, '-D', folders.cluster, ...settings]
  const child = spawn(words[0] ?? '', words.slice(1), {
    ...runAs.user,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.descriptor, log.descriptor],
  })
  closeSync(log.descriptor)
  child.unref()
  const isUp = await waitUntilReady(child, folders)
  if (isUp && child.pid !== undefined) return { pid: child.pid, text: '' }
  return { pid: null, text: readLog(folders.log, log.fromByte) }
}

async function waitUntilReady(child: ChildProcess, folders: Folders): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS
  let isRunnable = true
  child.once('error', () => (isRunnable = false))
  for (;;) {
    await pause(LOOK_EVERY_MS)
    if (!isRunnable || child.exitCode !== null || child.signalCode !== null) return false
    const file = readPostmasterFile(folders.cluster)
    if (file?.pid === child.pid && file?.isReady) return true
    if (performance.now() > deadline) {
      child.kill('SIGQUIT')
      throw notReady(folders, child.pid ?? 0)
    }
  }
}

/** Ends it: transactions under way are rolled back, the rest is written. Harder when that takes too long. */
export async function stopPostmaster(folders: Folders, pid: number): Promise<void> {
  for (const [signal, withinMs] of [
    ['SIGINT', FAST_STOP_WITHIN_MS],
    ['SIGQUIT', IMMEDIATE_STOP_WITHIN_MS],
  ] as const) {
    if (!isRunningOn(folders.cluster, pid)) return
    send(pid, signal)
    if (await hasEnded(folders, pid, withinMs)) return
  }
  throw new StartFailure(
    'postgres_failed',
    `PostgreSQL (process ${pid}) does not stop. See ${folders.log}; end it with \`kill -9 ${pid}\` if its disk is gone.`,
  )
}

async function hasEnded(folders: Folders, pid: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (isRunningOn(folders.cluster, pid)) {
    if (performance.now() > deadline) return false
    await pause(LOOK_EVERY_MS)
  }
  return true
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Ended in the meantime, which is what was asked for.
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

function notReady(folders: Folders, pid: number): StartFailure {
  return new StartFailure(
    'postgres_not_ready',
    `PostgreSQL (process ${pid}) was not ready after ${READY_WITHIN_MS / 1000} seconds. It may still be recovering: see ${folders.log}, and start again when it is done.`,
  )
}
