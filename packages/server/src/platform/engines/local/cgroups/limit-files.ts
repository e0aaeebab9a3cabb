/** The limits of a group, as the files of either version of cgroups have them. Pure. */
import type { Controller } from './hierarchies.ts'

export interface GroupLimits {
  readonly memoryBytesMax: number
  readonly processesMax: number
  readonly slotCount: number
  /** How many CPUs' time it gets at most; null where only its weight counts. */
  readonly cpuCount: number | null
}

export interface LimitFile {
  readonly name: string
  readonly value: string
  /** Whether the limit is none without it. Others depend on how the kernel was built. */
  readonly isNeeded: boolean
}

const PERIOD_US = 100_000
const WEIGHT_MAX = 10_000
const SHARES_MAX = 262_144

/** In the order in which they must be written. */
export function limitFiles(
  version: 1 | 2,
  controllers: readonly Controller[],
  limits: GroupLimits,
): readonly LimitFile[] {
  const files = version === 1 ? VERSION_1 : VERSION_2
  return controllers.flatMap((controller) => files[controller](limits))
}

type Render = (limits: GroupLimits) => readonly LimitFile[]

const needed = (name: string, value: number) => ({ name, value: String(value), isNeeded: true })
const wanted = (name: string, value: number | string) => ({
  name,
  value: String(value),
  isNeeded: false,
})

const VERSION_1: Readonly<Record<Controller, Render>> = {
  memory: ({ memoryBytesMax }) => [
    needed('memory.limit_in_bytes', memoryBytesMax),
    // Memory and swap together, so that nothing is swapped beyond the limit.
    wanted('memory.memsw.limit_in_bytes', memoryBytesMax),
  ],
  pids: ({ processesMax }) => [needed('pids.max', processesMax)],
  cpu: ({ slotCount, cpuCount }) => [
    wanted('cpu.shares', Math.min(1024 * slotCount, SHARES_MAX)),
    ...(cpuCount === null
      ? []
      : [wanted('cpu.cfs_period_us', PERIOD_US), wanted('cpu.cfs_quota_us', PERIOD_US * cpuCount)]),
  ],
}

const VERSION_2: Readonly<Record<Controller, Render>> = {
  memory: ({ memoryBytesMax }) => [
    needed('memory.max', memoryBytesMax),
    wanted('memory.swap.max', 0),
    // Half a command is of no use to anybody.
    wanted('memory.oom.group', 1),
  ],
  pids: ({ processesMax }) => [needed('pids.max', processesMax)],
  cpu: ({ slotCount, cpuCount }) => [
    wanted('cpu.weight', Math.min(100 * slotCount, WEIGHT_MAX)),
    ...(cpuCount === null ? [] : [wanted('cpu.max', `${PERIOD_US * cpuCount} ${PERIOD_US}`)]),
  ],
}

/** How many processes of a group the kernel has ended for want of memory, from either version’s file. */
export function parseOomKills(text: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** A size for people, such as `64 MiB`. */
export function renderBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  return `${Number((bytes / 1024 ** unit).toFixed(1))} ${units[unit]}`
}
