/**
 * Starts the command of an attempt as leader of its own session and process group, writing straight into the log, so
 * that no byte passes through, or dies with, the shim.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, statSync } from 'node:fs'
import { findProgram } from '#platform/processes/program-path.ts'
import type { AdmissionRecord, AttemptPaths, Exit } from './attempt-folder.ts'

export type CommandStart =
  | { readonly kind: 'started'; readonly pid: number; readonly exited: Promise<Exit> }
  | { readonly kind: 'failed'; readonly text: string }

export async function startCommand(
  record: AdmissionRecord,
  paths: AttemptPaths,
  metadataUrl: string,
): Promise<CommandStart> {
  const resolved = resolveCommand(record)
  if (resolved.kind === 'failed') return resolved
  const log = openSync(paths.log, 'a', 0o600)
  const child = spawn(resolved.file, resolved.words, {
    argv0: resolved.argv0,
    cwd: record.workingDirectory,
    env: { ...record.environment, SPILLWAY_METADATA_URL: metadataUrl },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  if (child.pid !== undefined) return { kind: 'started', pid: child.pid, exited: exitOf(child) }
  const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException]
  return { kind: 'failed', text: describeSpawnError(error, resolved.argv0) }
}

type Resolution =
  | {
      readonly kind: 'resolved'
      readonly file: string
      readonly words: string[]
      readonly argv0: string
    }
  | { readonly kind: 'failed'; readonly text: string }

/** Looks for the command before the pinning program would, to say what is missing in words people know. */
function resolveCommand(record: AdmissionRecord): Resolution {
  const { workingDirectory, environment, pin, admission } = record
  const [name = '', ...words] = admission.command
  if (!isFolder(workingDirectory))
    return { kind: 'failed', text: `there is no working directory ${workingDirectory}` }
  const place = { path: environment['PATH'] ?? '', directory: workingDirectory }
  const search = findProgram(name, place)
  if (search.kind !== 'found') return { kind: 'failed', text: describeSearch(search.kind, name) }
  const [pinFile, ...pinWords] = pin
  if (pinFile === undefined) return { kind: 'resolved', file: search.path, words, argv0: name }
  return {
    kind: 'resolved',
    file: pinFile,
    words: [...pinWords, search.path, ...words],
    argv0: pinFile,
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Not there, or not to be entered: to the command that is the same.
    return false
  }
}

function describeSearch(kind: 'not_found' | 'not_executable', name: string): string {
  if (kind === 'not_executable')
    return `${name}: permission denied; make it executable with chmod +x, or name its interpreter first`
  if (name.includes('/')) return `${name}: no such file; the path is read on the node`
  return `${name}: command not found; is it installed and on PATH?`
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
