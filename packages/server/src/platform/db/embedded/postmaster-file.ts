/**
 * Reads `postmaster.pid`, by which PostgreSQL tells who runs on a data folder, and judges whether that process is
 * really the one meant. Never removes the file: PostgreSQL's own interlock on shared memory lives in it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine } from '../process-identity.ts'
import { errorCode } from '../start-failure.ts'

export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  readonly isReady: boolean
}

/** Above every pid that a kernel gives out. */
const PID_OF_NOBODY = 2_147_483_647

/** Parses the file's text; null when PostgreSQL is still writing it. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return null
  return { pid, port: Number(lines[3] ?? 0), isReady: lines[7]?.trim() === 'ready' }
}

export function readPostmasterFile(cluster: string): PostmasterFile | null {
  try {
    return parsePostmasterFile(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

/** Whether that process is the PostgreSQL of this folder, and not one that was given its pid later. */
export function isRunningOn(cluster: string, pid: number): boolean {
  return commandLine(pid)?.includes(` -D ${cluster} `) ?? false
}

/**
 * Makes a file that names somebody else's process harmless. PostgreSQL refuses to start while that pid lives, even
 * when it was given to an unrelated program after a crash of the machine.
 */
export function disownPostmasterFile(cluster: string): void {
  const path = join(cluster, 'postmaster.pid')
  const lines = readFileSync(path, 'utf8').split('\n')
  writeFileSync(path, [String(PID_OF_NOBODY), ...lines.slice(1)].join('\n'))
}
