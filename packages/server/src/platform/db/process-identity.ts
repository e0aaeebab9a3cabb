/**
 * Which process a pid means: a pid alone is reused, a pid with its start time is not. Knows Linux (`/proc`) and
 * falls back to `ps`. Signals nobody.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { errorCode } from './start-failure.ts'

/** True while a process of this pid exists, whoever owns it. A zombie counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return errorCode(error) === 'EPERM'
  }
  return linuxStat(pid)?.state !== 'Z'
}

/** A text that no other process of this machine shares, in this boot or another; null when there is no such process. */
export function processStart(pid: number): string | null {
  const stat = linuxStat(pid)
  if (stat) return stat.state === 'Z' ? null : `${bootId()}:${stat.startTicks}`
  if (process.platform === 'linux' || !isAlive(pid)) return null
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
}

/** The words a process was started with, as one text; null when there is no such process or it cannot be told. */
export function commandLine(pid: number): string | null {
  if (!isAlive(pid)) return null
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    // Ended meanwhile.
    return null
  }
}

function linuxStat(pid: number): { state: string; startTicks: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in parentheses and may hold spaces; the fields after it are the third and following.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
  } catch {
    // Gone, or a machine without /proc.
    return null
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    // Some sandboxes hide it; the start ticks alone are then the best there is.
    return 'boot'
  }
}
