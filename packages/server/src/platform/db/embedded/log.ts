/** PostgreSQL's log file: kept small, and read for the reason when a start fails. */
import { copyFileSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { type StartFailureReason, StartFailure } from '../start-failure.ts'

const LOG_BYTES_MAX = 8 * 1024 * 1024

interface Places {
  readonly dataDir: string
  readonly log: string
}

/** What PostgreSQL writes, what it means, and what to do. The first that is found in the text counts. */
const MEANINGS: readonly (readonly [RegExp, StartFailureReason, (places: Places) => string])[] = [
  [
    /No space left on device|Disk quota exceeded/,
    'disk_full',
    ({ dataDir }) =>
      `PostgreSQL cannot start because the disk of ${dataDir} is full. Free at least 200 MiB, then start again.`,
  ],
  [
    /Address already in use|could not create any TCP\/IP sockets/,
    'postgres_port_taken',
    () =>
      `PostgreSQL cannot start because its port is taken by another program. End that program, then start again.`,
  ],
  [
    /are incompatible with server|incompatible with this version/,
    'postgres_version_mismatch',
    ({ dataDir }) =>
      `The database in ${dataDir} was made by another version of PostgreSQL. Start the Spillway version that made it.`,
  ],
  [
    /Permission denied|Read-only file system|Operation not permitted/,
    'data_folder_not_writable',
    ({ dataDir, log }) =>
      `PostgreSQL may not write in ${dataDir} (see ${log}). Make the folder writable for the user that runs Spillway, or set SPILLWAY_DATA_DIR to another folder.`,
  ],
]

/** A shutdown of the whole server that is still under way, which ends by itself. */
export function isStillInUse(text: string): boolean {
  return /pre-existing shared memory block|lock file ".*" already exists/.test(text)
}

/** Turns the last words of a start that failed into what to do. */
export function failureFromLog(text: string, places: Places): StartFailure {
  for (const [pattern, reason, render] of MEANINGS)
    if (pattern.test(text)) return new StartFailure(reason, render(places), text)
  const last = text.trim().split('\n').slice(-3).join('\n')
  return new StartFailure(
    'postgres_failed',
    `PostgreSQL did not start. Its last words, from ${places.log}:\n${last}`,
    text,
  )
}

/** Opens the log for a process that will outlive this one. */
export function openLog(path: string): { readonly descriptor: number; readonly fromByte: number } {
  const descriptor = openSync(path, 'a', 0o600)
  return { descriptor, fromByte: statSync(path).size }
}

export function readLog(path: string, fromByte: number): string {
  return readFileSync(path).subarray(fromByte).toString('utf8').slice(-8000)
}

/** Keeps one older part. PostgreSQL holds the file open for appending, so it is emptied and not replaced. */
export function limitLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size <= LOG_BYTES_MAX) return
  copyFileSync(path, `${path}.1`)
  truncateSync(path, 0)
}
