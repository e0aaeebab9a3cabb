/**
 * Which cgroup hierarchies a machine has, read from the texts of `/proc/self/mountinfo` and `/proc/self/cgroup`: version
 * 1 has one for each controller, version 2 one for all, and some machines have both. Pure.
 */
import { basename, dirname, join } from 'node:path'

/** What is limited. */
export const CONTROLLERS = ['memory', 'pids', 'cpu'] as const

export type Controller = (typeof CONTROLLERS)[number]

export interface Hierarchy {
  readonly version: 1 | 2
  /** Of version 1: which of ours it has. Of version 2 the files of each group tell. */
  readonly controllers: readonly Controller[]
  /** Where it is mounted. */
  readonly top: string
  /** The folder of the group that this process is in. */
  readonly here: string
}

/** A group for the server itself, where version 2 wants none in a group that has groups in it. */
export const SERVER_GROUP = 'spillway-server'

interface Mount {
  readonly root: string
  readonly point: string
  readonly type: string
  readonly options: readonly string[]
}

export function findHierarchies(mountinfo: string, selfCgroup: string): readonly Hierarchy[] {
  const mounts = mountinfo.split('\n').flatMap((line) => parseMount(line) ?? [])
  const memberships = selfCgroup.split('\n').flatMap((line) => parseMembership(line) ?? [])
  const found = mounts.flatMap((mount) => hierarchyOf(mount, memberships) ?? [])
  const taken = new Set<string>()
  return found.filter(({ version, controllers }) => {
    const key = `${version} ${controllers.join()}`
    return !taken.has(key) && taken.add(key)
  })
}

/** The folder that groups can be made in: where the server has a group of its own, the one around that. */
export function groupFolder({ here }: Pick<Hierarchy, 'here'>): string {
  return basename(here) === SERVER_GROUP ? dirname(here) : here
}

function hierarchyOf(mount: Mount, memberships: readonly Membership[]): Hierarchy | null {
  if (mount.type === 'cgroup2') {
    const member = memberships.find(({ names }) => names.length === 0)
    if (member === undefined) return null
    return { version: 2, controllers: [], top: mount.point, here: folderOf(mount, member.path) }
  }
  if (mount.type !== 'cgroup') return null
  const controllers = CONTROLLERS.filter((name) => mount.options.includes(name))
  const member = memberships.find(({ names }) => controllers.some((name) => names.includes(name)))
  if (member === undefined) return null
  return { version: 1, controllers, top: mount.point, here: folderOf(mount, member.path) }
}

/** A container sees its own part of the hierarchy at the place of the whole. */
function folderOf({ root, point }: Mount, path: string): string {
  if (path.split('/').includes('..')) return point
  const base = root.replace(/\/$/, '')
  return path === root || path.startsWith(`${base}/`)
    ? join(point, path.slice(base.length)).replace(/\/$/, '')
    : point
}

function parseMount(line: string): Mount | null {
  const match = /^\d+ \d+ \S+ (\S+) (\S+) .* - (\S+) \S+ (\S+)$/.exec(line)
  if (match === null) return null
  const [, root = '', point = '', type = '', options = ''] = match
  return { root: unescape(root), point: unescape(point), type, options: options.split(',') }
}

/** The table writes blanks and the like as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  )
}

interface Membership {
  /** None for version 2. */
  readonly names: readonly string[]
  readonly path: string
}

function parseMembership(line: string): Membership | null {
  const match = /^\d+:([^:]*):(\/.*)$/.exec(line)
  if (match === null) return null
  const [, names = '', path = ''] = match
  return { names: names === '' ? [] : names.split(','), path }
}
