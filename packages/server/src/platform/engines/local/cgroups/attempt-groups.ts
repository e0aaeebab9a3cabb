/**
 * The cgroups of one attempt: made by its shim before the command starts, told of by whoever looks for its processes,
 * and removed when none is left. Node's own modules only, because the shim uses it.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ProcessContainer } from '#platform/processes/process-set.ts'
import { findHierarchies } from './hierarchies.ts'
import { parseOomKills } from './limit-files.ts'
import type { LimitFile } from './limit-files.ts'

export interface PlannedGroup {
  readonly path: string
  /** Where its hierarchy is mounted. */
  readonly top: string
  readonly files: readonly LimitFile[]
}

export interface GroupPlan {
  /** The first one tells which processes there are. */
  readonly groups: readonly PlannedGroup[]
  readonly memoryBytesMax: number | null
  /** Without limits they only keep hold of processes, and a failure to make them stops nobody. */
  readonly hasLimits: boolean
}

/** A zombie that nobody has taken note of yet keeps a group for a moment. */
const REMOVALS_MAX = 50
const REMOVE_AGAIN_MS = 20

/** The paths of the groups that were made; none where they only would have kept hold and cannot be made. */
export function makeGroups(plan: GroupPlan): readonly PlannedGroup[] {
  try {
    for (const group of plan.groups) makeGroup(group)
    return plan.groups
  } catch (cause) {
    for (const { path } of plan.groups) removeGroup(path)
    if (!plan.hasLimits) return []
    throw new Error(`its cgroup could not be made: ${(cause as Error).message}`, { cause })
  }
}

function makeGroup({ path, files }: PlannedGroup): void {
  mkdirSync(path, { recursive: false })
  for (const { name, value, isNeeded } of files) {
    if (!isNeeded && !existsSync(join(path, name))) continue
    writeFileSync(join(path, name), value)
  }
}

/**
 * Starts a process that is in the groups from its first instant: this process enters them, starts it and leaves them
 * again, all in one go. Nothing else of this process runs meanwhile.
 */
export function startWithin<Started>(
  groups: readonly PlannedGroup[],
  start: () => Started,
): Started {
  if (groups.length === 0) return start()
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')
  const before = findHierarchies(mountinfo, readFileSync('/proc/self/cgroup', 'utf8'))
  const homes = groups.map(({ top }) => before.find((each) => each.top === top)?.here ?? top)
  try {
    for (const { path } of groups) enter(path)
    return start()
  } finally {
    for (const home of homes) enter(home)
  }
}

/** `0` stands for the process that writes. */
function enter(path: string): void {
  writeFileSync(join(path, 'cgroup.procs'), '0')
}

/** What the groups know of their processes; undefined where there are no groups. */
export function containerOf(paths: readonly string[] = []): ProcessContainer | undefined {
  const [first] = paths
  if (first === undefined) return undefined
  return {
    pids: () => readPids(first),
    close: (except) => {
      // Whoever is not allowed to fork cannot outrun those who end it.
      for (const path of paths) writeIfThere(join(path, 'pids.max'), '0')
      const isShared = readPids(first).some((pid) => except.includes(pid))
      if (!isShared) writeIfThere(join(first, 'cgroup.kill'), '1')
    },
  }
}

function readPids(path: string): readonly number[] {
  const text = readIfThere(join(path, 'cgroup.procs')) ?? ''
  return text.split('\n').filter(Boolean).map(Number)
}

/** How many of its processes were ended because its memory was used up. */
export function countOomKills(paths: readonly string[] = []): number {
  const files = paths.flatMap((path) => [
    join(path, 'memory.events'),
    join(path, 'memory.oom_control'),
  ])
  const counts = files.map((path) => parseOomKills(readIfThere(path) ?? ''))
  return Math.max(0, ...counts)
}

/** Says whether all are gone; one that still has a process stays, as the system removes none of those. */
export async function removeGroups(paths: readonly string[] = []): Promise<boolean> {
  let left = paths
  for (let round = 0; round < REMOVALS_MAX; round++) {
    left = left.filter((path) => !removeGroup(path))
    if (left.length === 0) return true
    await pause(REMOVE_AGAIN_MS)
  }
  return false
}

export function removeGroup(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Another version has other files; a group that was removed has none.
    return null
  }
}

function writeIfThere(path: string, value: string): void {
  try {
    if (existsSync(path)) writeFileSync(path, value)
  } catch {
    // The group went between the look and the write, and all that was in it with it.
  }
}
