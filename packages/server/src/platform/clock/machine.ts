/** The machine's own clocks: the wall, the monotonic counter, how long it slept, and the name of this boot. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * The two counters are read one after the other, and the coarser one in hundredths of a second: only a larger
 * difference is sleep.
 */
const SLEEP_MIN_MS = 2_000

/** Where the parts of a reading come from. */
export interface Machine {
  readonly wallMs: () => number
  /** The counter that `process.hrtime` shows: it stands still while the machine sleeps. */
  readonly monotonicMs: () => number
  /** Time since the boot, sleep included; null where it cannot be told. */
  readonly uptimeMs: () => number | null
  readonly bootId: string
}

export function thisMachine(): Machine {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    uptimeMs: readUptimeMs,
    bootId: readBootId(),
  }
}

/**
 * How long the machine has slept since its boot. Gives back `lastMs`, the earlier answer, when it has not slept since,
 * so that the answer serves as a name of the stretch in which the counter missed nothing.
 */
export function sleptMs({ uptimeMs, monotonicMs }: Machine, lastMs: number | null): number {
  const uptime = uptimeMs()
  if (uptime === null) return lastMs ?? 0
  const nowMs = Math.round(uptime - monotonicMs())
  return lastMs !== null && Math.abs(nowMs - lastMs) < SLEEP_MIN_MS ? lastMs : nowMs
}

function readUptimeMs(): number | null {
  try {
    return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000
  } catch {
    // Not Linux.
    return null
  }
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    // Not Linux, or hidden.
  }
  try {
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()
  } catch {
    // Nothing names the boot: every start of ours then counts as one, and takes the wall.
    return randomUUID()
  }
}
