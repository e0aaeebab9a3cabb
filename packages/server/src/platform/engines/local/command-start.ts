/**
 * Starts the command of an attempt as leader of its own session and process group, writing straight into the log, so
 * that no byte passes through, or dies with, the shim.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { present } from '#kernel/assert.ts'
import type { ProcessIdentity } from '#platform/processes/process-entry.ts'
import type { ProcessTable } from '#platform/processes/process-table.ts'
import type { AdmissionRecord, AttemptPaths, Exit } from './attempt-folder.ts'
import { startWithin } from './cgroups/attempt-groups.ts'
import type { PlannedGroup } from './cgroups/attempt-groups.ts'
import { resolveCommand } from './command-resolution.ts'
import type { Resolution } from './command-resolution.ts'

export type CommandStart =
  | {
      readonly kind: 'started'
      /** The first process of the work, which leads its group. */
      readonly leader: ProcessIdentity
      /** As in `AttemptStatus`. */
      readonly holder: number | null
      readonly exited: Promise<Exit>
    }
  | { readonly kind: 'failed'; readonly text: string }

export interface PlainStart {
  readonly record: AdmissionRecord
  readonly paths: AttemptPaths
  readonly table: ProcessTable
  readonly metadataUrl: string
  readonly groups: readonly PlannedGroup[]
}

export async function startCommand({
  record,
  paths,
  table,
  metadataUrl,
  groups,
}: PlainStart): Promise<CommandStart> {
  const resolved = resolvePinned(record)
  if (resolved.kind === 'failed') return resolved
  const log = openSync(paths.log, 'a', 0o600)
  const child = startWithin(groups, () =>
    spawn(resolved.file, resolved.words, {
      argv0: resolved.argv0,
      cwd: record.workingDirectory,
      env: { ...record.environment, SPILLWAY_METADATA_URL: metadataUrl },
      stdio: ['ignore', log, log],
      detached: true,
    }),
  )
  closeSync(log)
  if (child.pid !== undefined) {
    const { pid, birth } = present(table.find(child.pid), 'the command in the process table')
    return { kind: 'started', leader: { pid, birth }, holder: null, exited: exitOf(child) }
  }
  const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException]
  return { kind: 'failed', text: describeSpawnError(error, resolved.argv0) }
}

/** The command behind the words that pin it to CPUs. */
function resolvePinned(record: AdmissionRecord): Resolution {
  const { workingDirectory, environment, pin, admission } = record
  const { command } = admission
  const resolved = resolveCommand({ command, environment, workingDirectory })
  const [pinFile, ...pinWords] = pin
  if (resolved.kind === 'failed' || pinFile === undefined) return resolved
  const words = [...pinWords, resolved.file, ...resolved.words]
  return { kind: 'resolved', file: pinFile, words, argv0: pinFile }
}

function describeSpawnError(error: NodeJS.ErrnoException, name: string): string {
  if (error.code === 'E2BIG') return `${name}: the arguments and environment are too long`
  if (error.code === 'ENOEXEC') return `${name}: not a program that this machine can run`
  if (error.code === 'EAGAIN') return `${name}: the machine has no room for another process`
  return `${name}: ${error.message}`
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const [exitCode, exitSignal] = (await once(child, 'exit')) as [number | null, string | null]
  return { exitCode, exitSignal }
}
