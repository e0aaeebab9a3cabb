/**
 * The daemons of a lab: each in a session of its own, with its output in a file, known by pid and birth so that exactly
 * they are ended and never somebody else's process of the same name.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { ProcessIdentity } from '#platform/processes/process-entry.ts'
import { createProcessTable, isAlive } from '#platform/processes/process-table.ts'
import { signalProcess } from '#platform/processes/signals.ts'

export interface DaemonStart {
  readonly name: string
  readonly program: string
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly logPath: string
}

/** A daemon that was started; null where it could not be. */
export interface Daemon {
  readonly name: string
  readonly identity: ProcessIdentity
}

const table = createProcessTable()
const END_WAIT_MS = 10_000
const LOOK_MS = 20
const END_ROUNDS_MAX = 100

/** Starts a program that stays in the foreground by itself. */
export function startDaemon(start: DaemonStart): Daemon {
  const log = openSync(start.logPath, 'a', 0o600)
  const child = spawn(start.program, start.words, {
    env: start.environment,
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  // What went wrong is in the log, or the wait for its answer runs out.
  child.on('error', () => {})
  child.unref()
  const entry = child.pid === undefined ? null : table.find(child.pid)
  if (entry === null) throw new Error(`${start.program} could not be started: see ${start.logPath}`)
  return { name: start.name, identity: { pid: entry.pid, birth: entry.birth } }
}

export function isRunning({ identity }: Daemon): boolean {
  return isAlive(table, identity)
}

/** Ends a daemon, by force when it does not end by itself. */
export async function endDaemon(daemon: Daemon, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  signalProcess(table, daemon.identity, signal)
  const deadline = performance.now() + END_WAIT_MS
  while (isRunning(daemon)) {
    if (performance.now() > deadline) signalProcess(table, daemon.identity, 'SIGKILL')
    await pause(LOOK_MS)
  }
}

/** Kills whatever carries all of one of the marks: the work that the nodes ran, and the processes that watched it. */
export async function endMarked(marks: readonly (readonly string[])[]): Promise<void> {
  for (let round = 0; round < END_ROUNDS_MAX; round++) {
    const marked = table.list().filter(({ pid }) => pid !== process.pid && carriesOne(pid, marks))
    if (marked.length === 0) return
    for (const entry of marked) signalProcess(table, entry, 'SIGKILL')
    await pause(LOOK_MS)
  }
}

function carriesOne(pid: number, marks: readonly (readonly string[])[]): boolean {
  return marks.some((all) => all.every((mark) => table.hasInEnvironment(pid, mark) === true))
}
