/**
 * Starts the command of an attempt in a sandbox, for the shim. It has started once the launcher inside has become the
 * command; until then nothing of the customer's has run.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fchownSync, linkSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { present } from '#kernel/assert.ts'
import type { ProcessIdentity } from '#platform/processes/process-entry.ts'
import { createProcessSet } from '#platform/processes/process-set.ts'
import type { ProcessTable } from '#platform/processes/process-table.ts'
import { MARK_NAME } from '../attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths, Exit, SandboxPlan } from '../attempt-folder.ts'
import { containerOf, startWithin } from '../cgroups/attempt-groups.ts'
import type { PlannedGroup } from '../cgroups/attempt-groups.ts'
import type { CommandStart } from '../command-start.ts'
import { serveMetadataOn } from '../metadata-server.ts'
import { socketPath } from '../socket-path.ts'
import { endProcesses } from '../termination.ts'
import { ANSWER_FD, FILTER_FD } from './bubblewrap-words.ts'
import type { LaunchOrder, LauncherWord } from './launcher-channel.ts'
import { renderSeccompFilter } from './seccomp-filter.ts'
import { openUplink } from './uplink.ts'

/** Of its gate and its tie. */
const UPLINK_STDIO = ['pipe', 'pipe'] as const

export interface SandboxStart {
  readonly plan: Extract<SandboxPlan, { kind: 'bubblewrap' }>
  readonly record: AdmissionRecord
  readonly paths: AttemptPaths
  readonly table: ProcessTable
  readonly groups: readonly PlannedGroup[]
}

export async function startSandboxed(start: SandboxStart): Promise<CommandStart> {
  const { plan, paths, record } = start
  const [program = '', ...words] = plan.words
  const log = openSync(paths.log, 'a', 0o600)
  if (plan.uid !== null) fchownSync(log, plan.uid, plan.uid)
  const child = startWithin(start.groups, () =>
    spawn(program, words, {
      cwd: '/',
      // Bubblewrap itself runs outside, where no variable of a customer's may speak to a loader. The marker is there
      // from the first, so that even a half-made sandbox is found.
      env: { [MARK_NAME]: record.mark },
      stdio: ['ignore', log, log, 'ipc', 'pipe', 'pipe', ...(plan.uplink ? UPLINK_STDIO : [])],
      detached: true,
    }),
  )
  closeSync(log)
  const exited = exitOf(child)
  if (child.pid === undefined) return { kind: 'failed', text: await spawnFailure(child) }
  // A half-made sandbox that ends leaves what it has not read; its own words, or their lack, tell why.
  for (const pipe of child.stdio.slice(FILTER_FD)) pipe?.on('error', () => {})
  ;(child.stdio[FILTER_FD] as Writable).end(renderSeccompFilter(process.arch) ?? Buffer.alloc(0))
  const listens = hear(child, exited)
  const pid = await answerOf(child)
  if (pid !== null && plan.uplink) {
    const why = await openUplink(child, { words: plan.uplink, isTrial: false })
    if (why !== null) return failedToMake(start, why)
  }
  const listening = await listens
  if (listening === null || pid === null) return failedToMake(start)
  if (listening.word.kind === 'failed') return failed(listening.word.text, exited)
  const leader = leaderOf(pid, start.table)
  const server = present(listening.socket, 'the socket of the launcher')
  const url = serveMetadataOn({ server, port: listening.word.port }, record, paths)
  const { admission, workingDirectory } = record
  const environment = { ...record.environment, SPILLWAY_METADATA_URL: url }
  const servicePort = plan.hasOwnNetwork ? record.servicePort : null
  const order: LaunchOrder = {
    ...{ command: admission.command, environment, workingDirectory },
    servicePort,
    relay: plan.relay ?? [],
  }
  const outcome = hear(child, exited)
  const door = servicePort === null ? undefined : await openDoor(paths.door)
  child.send(order, door, undefined, () => door?.close())
  const refusal = await outcome
  if (refusal?.word.kind === 'failed') return failed(refusal.word.text, exited)
  return { kind: 'started', leader, holder: child.pid, exited }
}

/** Opened here, where no command of a customer's could put something else in its place. */
async function openDoor(path: string): Promise<Server> {
  const server = createServer()
  // Whoever connects meanwhile is for the relay.
  server.listen(socketPath(`${path}-`))
  await once(server, 'listening')
  // The name that it was opened by goes when it is closed here.
  linkSync(`${path}-`, path)
  return server
}

interface Heard {
  readonly word: LauncherWord
  readonly socket: Server | undefined
}

/** The launcher's next word; null once it says no more, because it has become the command or has ended. */
function hear(child: ChildProcess, exited: Promise<Exit>): Promise<Heard | null> {
  return new Promise((resolve) => {
    child.once('message', (word, socket) =>
      resolve({ word: word as LauncherWord, socket: socket as Server | undefined }),
    )
    child.once('disconnect', () => resolve(null))
    void exited.then(() => resolve(null))
  })
}

async function failed(text: string, exited: Promise<Exit>): Promise<CommandStart> {
  await exited
  return { kind: 'failed', text }
}

/** The pid of the first process of the sandbox; null when bubblewrap failed before it made one. */
async function answerOf(child: ChildProcess): Promise<number | null> {
  const pieces: Buffer[] = []
  for await (const piece of (child.stdio as readonly unknown[])[ANSWER_FD] as Readable)
    pieces.push(piece as Buffer)
  const found = /"child-pid": (\d+)/.exec(Buffer.concat(pieces).toString())
  return found === null ? null : Number(found[1])
}

/** As long as any other process in the sandbox lives, so does the first. */
function leaderOf(pid: number, table: ProcessTable): ProcessIdentity {
  const entry = present(table.find(pid), 'the sandbox in the process table')
  return { pid, birth: entry.birth }
}

/** A half that was left of it waits for ever for the other; nothing of the customer's has run in it. */
async function failedToMake(
  { record, paths, table, groups }: SandboxStart,
  why?: string,
): Promise<CommandStart> {
  const { pid, birth } = present(table.find(process.pid), 'the shim in the process table')
  const left = createProcessSet(table, {
    leader: null,
    marker: `${MARK_NAME}=${record.mark}`,
    ancestor: { pid, birth },
    except: [pid],
    container: containerOf(groups.map(({ path }) => path)),
  })
  await endProcesses(left, { deadlineMs: () => 0, seenAlive: () => {} })
  return { kind: 'failed', text: `the sandbox could not be made: ${why ?? lastWords(paths.log)}` }
}

/** Bubblewrap writes why it failed to where the command would have written. */
function lastWords(logPath: string): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n')
  return lines.at(-1) ?? ''
}

async function spawnFailure(child: ChildProcess): Promise<string> {
  const [error] = (await once(child, 'error')) as [Error]
  return `the sandbox could not be made: ${error.message}`
}

/** Bubblewrap ends the way shells do: with 128 and the number of the signal that ended the command. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  const [exitCode, exitSignal] = (await once(child, 'exit')) as [number | null, string | null]
  return exitCode === null ? { exitCode, exitSignal } : readExitCode(exitCode)
}

export function readExitCode(code: number): Exit {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return signal === undefined
    ? { exitCode: code, exitSignal: null }
    : { exitCode: null, exitSignal: signal[0] }
}
