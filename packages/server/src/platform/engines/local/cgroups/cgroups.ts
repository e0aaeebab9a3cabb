/**
 * Finds out where this server may make cgroups, by making one, and plans those of an attempt. A group is named after the
 * engine's folder and the attempt's mark, so that none of somebody else's is ever taken for one of ours.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { createFile, readJson } from '../durable-file.ts'
import type { GroupPlan } from './attempt-groups.ts'
import { delegate } from './delegation.ts'
import { CONTROLLERS, findHierarchies, groupFolder } from './hierarchies.ts'
import type { Controller, Hierarchy } from './hierarchies.ts'
import { limitFiles } from './limit-files.ts'
import type { GroupLimits } from './limit-files.ts'

/** A folder in which groups can be made, and what limits they then can have. */
export interface GroupBase {
  readonly version: 1 | 2
  readonly folder: string
  readonly top: string
  readonly controllers: readonly Controller[]
}

export interface CgroupsAllowed {
  /** The one that tells processes best comes first. Empty where there are none. */
  readonly bases: readonly GroupBase[]
  readonly controllers: readonly Controller[]
  /** Why there are none; null where there are. */
  readonly whyNot: string | null
}

export interface CgroupsFound extends CgroupsAllowed {
  /** What the names of all groups of this engine begin with. */
  readonly prefix: string
}

/** `none`: as where they are not allowed. */
export type CgroupsWanted = 'auto' | 'none'

/** Leaves nothing behind: a start that is refused later has changed nothing. */
export function findCgroups(wanted: CgroupsWanted): CgroupsAllowed {
  if (wanted === 'none') return { bases: [], controllers: [], whyNot: 'none are wanted' }
  const outcomes = readHierarchies().map(tryOut)
  const bases = outcomes.flatMap((outcome) => (typeof outcome === 'string' ? [] : [outcome]))
  bases.sort((left, right) => right.version - left.version)
  const controllers = CONTROLLERS.filter((name) =>
    bases.some((base) => base.controllers.includes(name)),
  )
  const reason = outcomes.find((outcome) => typeof outcome === 'string')
  const whyNot = bases.length > 0 ? null : (reason ?? 'the system has none')
  return { bases, controllers, whyNot }
}

/** What was found, with the name of this engine, which is written down when it is first asked for. */
export async function nameCgroups(
  directory: string,
  allowed: CgroupsAllowed,
): Promise<CgroupsFound> {
  return { ...allowed, prefix: `spillway-${await engineIdOf(directory)}-` }
}

/** Random and made once: the folder of another installation may have the same path. */
async function engineIdOf(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, '.cgroups.json')
  await createFile(path, { engineId: randomBytes(6).toString('hex') })
  return (await readJson<{ engineId: string }>(path))?.engineId ?? 'unknown'
}

function readHierarchies(): readonly Hierarchy[] {
  try {
    const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')
    return findHierarchies(mountinfo, readFileSync('/proc/self/cgroup', 'utf8'))
  } catch {
    // A system without these files has no cgroups.
    return []
  }
}

/** The base, or why there is none. */
function tryOut(hierarchy: Hierarchy): GroupBase | string {
  const { version, top } = hierarchy
  const own = groupFolder(hierarchy)
  // The top is everybody's; where the server's own group is in use by others too, only root may still go there.
  const folders = version === 2 && process.getuid?.() === 0 ? [own, top] : [own]
  let reason = ''
  for (const folder of folders) {
    try {
      const controllers = version === 1 ? hierarchy.controllers : delegate(folder)
      tryGroup(join(folder, `spillway-trial-${randomBytes(6).toString('hex')}`))
      return { version, folder, top, controllers }
    } catch (error) {
      reason = (error as Error).message
    }
  }
  return reason
}

function tryGroup(path: string): void {
  mkdirSync(path)
  rmdirSync(path)
}

/** With limits, one group wherever there is something to limit; without, one that keeps hold of the processes. */
export function planGroups(
  { bases, prefix }: CgroupsFound,
  mark: string,
  limits: GroupLimits | null,
): GroupPlan | null {
  const used = bases.filter(({ controllers }, position) =>
    limits === null ? position === 0 : position === 0 || controllers.length > 0,
  )
  if (used.length === 0) return null
  const groups = used.map(({ version, folder, top, controllers }) => ({
    path: join(folder, `${prefix}${mark}`),
    top,
    files: limits === null ? [] : limitFiles(version, controllers, limits),
  }))
  const hasMemory = used.some(({ controllers }) => controllers.includes('memory'))
  const memoryBytesMax = limits !== null && hasMemory ? limits.memoryBytesMax : null
  return { groups, memoryBytesMax, hasLimits: limits !== null }
}

/** The mark in the path of a group of this engine. */
export function markOf({ prefix }: Pick<CgroupsFound, 'prefix'>, path: string): string {
  return path.slice(path.lastIndexOf(prefix) + prefix.length)
}

/** The groups of this engine that there are now. */
export function listGroups({
  bases,
  prefix,
}: Pick<CgroupsFound, 'bases' | 'prefix'>): readonly string[] {
  return bases.flatMap(({ folder }) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(folder, name)),
  )
}

/** The machine and its server need some, too. */
const RESERVE_BYTES_MAX = 4 * 1024 ** 3

/** What each of some slots gets of the machine's memory, or of what the server's own group may have of it. */
export function memoryPerSlot(bases: readonly GroupBase[], slotCount: number): number {
  const limits = bases.flatMap(({ folder }) => [
    readLimit(join(folder, 'memory.max')),
    readLimit(join(folder, 'memory.limit_in_bytes')),
  ])
  return shareOf(Math.min(totalmem(), ...limits), slotCount)
}

/** Whole pages of 4 KiB. Pure. */
export function shareOf(bytesTotal: number, slotCount: number): number {
  const reserve = Math.min(bytesTotal / 8, RESERVE_BYTES_MAX)
  return Math.floor((bytesTotal - reserve) / Math.max(slotCount, 1) / 4096) * 4096
}

function readLimit(path: string): number {
  if (!existsSync(path)) return Number.POSITIVE_INFINITY
  const limit = Number(readFileSync(path, 'utf8'))
  return Number.isFinite(limit) ? limit : Number.POSITIVE_INFINITY
}
