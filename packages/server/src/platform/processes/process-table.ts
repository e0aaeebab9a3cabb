/**
 * The machine's process table: `/proc` where there is one, `ps` elsewhere. Reads only; nothing here sends a signal.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { PS_COLUMNS, isLiving, parseProcStat, parsePsLine } from './process-entry.ts'
import type { ProcessEntry, ProcessIdentity } from './process-entry.ts'

export interface ProcessTable {
  /** The process of that pid now, a zombie too. */
  readonly find: (pid: number) => ProcessEntry | null
  /** Every process that this user can see. */
  readonly list: () => readonly ProcessEntry[]
  /** Whether the process was started with `NAME=value` in its environment; null when that cannot be read. */
  readonly hasInEnvironment: (pid: number, assignment: string) => boolean | null
}

const PS_TIMEOUT_MS = 5000

/** The table of this machine, from `/proc` where there is one. */
export function createProcessTable(
  source: 'proc' | 'ps' = existsSync('/proc/self/stat') ? 'proc' : 'ps',
): ProcessTable {
  return source === 'proc' ? procTable : psTable
}

/** Whether exactly this process, and not another one under its old pid, is alive. */
export function isAlive(table: ProcessTable, identity: ProcessIdentity): boolean {
  const entry = table.find(identity.pid)
  return entry !== null && entry.birth === identity.birth && isLiving(entry)
}

const procTable: ProcessTable = {
  find: (pid) => {
    const text = readProc(`/proc/${pid}/stat`)
    return text === null ? null : parseProcStat(text.toString('latin1'))
  },
  list: () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => procTable.find(Number(name)))
      .filter((entry) => entry !== null),
  hasInEnvironment: (pid, assignment) => {
    const text = readProc(`/proc/${pid}/environ`)
    if (text === null || text.length === 0) return null
    return `\0${text.toString('latin1')}\0`.includes(`\0${assignment}\0`)
  },
}

const psTable: ProcessTable = {
  find: (pid) => ps(['-p', String(pid)])[0] ?? null,
  list: () => ps(['-ax']),
  hasInEnvironment: () => null,
}

/** Null when the process is gone, or is not ours to read: both mean that it tells us nothing. */
function readProc(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null
    throw error
  }
}

function ps(selection: readonly string[]): ProcessEntry[] {
  const text = runPs([...selection, '-o', PS_COLUMNS])
  return text
    .split('\n')
    .map(parsePsLine)
    .filter((entry) => entry !== null)
}

function runPs(words: readonly string[]): string {
  try {
    // LC_ALL keeps the start time in one form; ps itself ends with 1 when nothing matches.
    const options = { timeout: PS_TIMEOUT_MS, env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } }
    return execFileSync('ps', words, {
      ...options,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch (error) {
    if ((error as { status?: number }).status === 1) return ''
    throw error
  }
}
