/** Resident memory of an installation's processes. Reads `/proc`, and `ps` where there is none. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const MIB = 1024 * 1024
const KIB = 1024

export function residentMib(pid: number): number {
  const text = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return (Number(text.trim()) * KIB) / MIB
}

/** The process that owns the public port now. */
export function gatewayOf(dataDir: string): number {
  const folder = join(dataDir, 'gateways')
  const pids = readdirSync(folder).map(
    (name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { pid: number }).pid,
  )
  const living = pids.find((pid) => {
    try {
      return process.kill(pid, 0)
    } catch {
      // Ended, and its file is removed at the next start.
      return false
    }
  })
  if (living === undefined) throw new Error('no gateway runs')
  return living
}

function readWords(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended while we looked.
    return ''
  }
}

/** Proportional memory of every process whose command names both words; pages that they share count once. */
export function sharedMib(words: readonly [string, string]): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const mine = pids.filter((pid) => {
    const command = readWords(`/proc/${pid}/cmdline`)
    return words.every((word) => command.includes(word))
  })
  const kibibytes = mine.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readWords(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
  )
  return (kibibytes.reduce((sum, each) => sum + each, 0) * KIB) / MIB
}
