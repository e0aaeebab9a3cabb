/**
 * How much of the machine other programs took while something was measured. A figure taken beside a busy neighbour says
 * more about the neighbour. Linux only; elsewhere nothing is known, and nothing is rejected.
 */
import { readFileSync } from 'node:fs'

/** Clock ticks, of which Linux counts a hundred a second. */
const TICKS_PER_SECOND = 100

interface Reading {
  readonly busy: number
  readonly own: number
  readonly atMs: number
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux, or the process has ended.
    return ''
  }
}

/** Ticks in which any core was busy, the system's own work included. */
function readBusy(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu\s+(.*)$/m.exec(readText('/proc/stat'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number)
  return user + nice + system + irq + softirq + steal
}

function readOwn(pid: number): number {
  const fields = readText(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? []
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

export class Contention {
  readonly #pids: readonly number[]
  #last: Reading

  /** `pids` are the programs of the benchmark. */
  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#last = this.#read()
  }

  /** Cores that other programs kept busy since the last call, on average: 0.5 is half a core. */
  takeForeignCores(): number {
    const now = this.#read()
    const { busy, own, atMs } = this.#last
    this.#last = now
    const ticks = now.busy - busy - (now.own - own)
    return Math.max(0, ticks / TICKS_PER_SECOND / ((now.atMs - atMs) / 1000))
  }

  #read(): Reading {
    const own = this.#pids.reduce((sum, pid) => sum + readOwn(pid), 0)
    return { busy: readBusy(), own, atMs: performance.now() }
  }
}
