/**
 * The processes of one piece of work: everything in its process group, and everything that carries its marker in the
 * environment, which children keep when they leave the group. A process that does both, leaves the group and drops its
 * environment, is found only where a container, such as a cgroup, keeps hold of it.
 */
import { isBornSince, isLiving } from './process-entry.ts'
import type { ProcessEntry, ProcessIdentity } from './process-entry.ts'
import { isAlive } from './process-table.ts'
import type { ProcessTable } from './process-table.ts'
import { signalGroup, signalProcess } from './signals.ts'

/** What the system itself keeps the work's processes in, whatever they do. */
export interface ProcessContainer {
  readonly pids: () => readonly number[]
  /** Lets no process in it start another, and ends all of them at once where it holds none of the exceptions. */
  readonly close: (except: readonly number[]) => void
}

export interface ProcessSetDescription {
  /** Leader of the process group and the session; null when it is not known, and only the marker tells. */
  readonly leader: ProcessIdentity | null
  /** `NAME=value` in the environment of all of them. */
  readonly marker: string
  /** A process that they all descend from: nothing older is looked at. */
  readonly ancestor: ProcessIdentity
  /** Pids that carry the marker without being the work: the one who watches it. */
  readonly except: readonly number[]
  /** Absent where there is none. */
  readonly container?: ProcessContainer | undefined
}

export interface ProcessSet {
  /** Whether any lives. Cheap while one seen before does; otherwise the whole table is searched, twice. */
  readonly isAnyAlive: () => boolean
  /** Sends a signal to all of them: to the group at once, and to each one outside it. */
  readonly signalAll: (signal: NodeJS.Signals) => void
  /** Those that live now. */
  readonly pids: () => readonly number[]
  /** Sends a signal to those in the process group only. */
  readonly signalGroup: (signal: NodeJS.Signals) => void
}

/** Picks the members out of a process table. */
export function findMembers(
  table: ProcessTable,
  description: ProcessSetDescription,
): readonly ProcessEntry[] {
  const { leader, marker, ancestor, except } = description
  const entries = table.list()
  const isOurGroup = leader !== null && holdsGroup(entries, leader)
  const contained = new Set(description.container?.pids())
  return entries.filter((entry) => {
    if (entry.pid <= 1 || except.includes(entry.pid) || !isLiving(entry)) return false
    if (contained.has(entry.pid)) return true
    if (isOurGroup && entry.groupId === leader.pid && entry.sessionId === leader.pid) return true
    if (!isBornSince(entry, ancestor)) return false
    return table.hasInEnvironment(entry.pid, marker) === true
  })
}

/**
 * Whether the group with the leader's number is still the leader's. The system gives the number to nobody else while
 * a process of the group is left, so only a process of that pid with another birth proves that the group is new.
 */
function holdsGroup(entries: readonly ProcessEntry[], leader: ProcessIdentity): boolean {
  return entries.every((entry) => entry.pid !== leader.pid || entry.birth === leader.birth)
}

export function createProcessSet(
  table: ProcessTable,
  description: ProcessSetDescription,
): ProcessSet {
  let seen: readonly ProcessEntry[] = []
  let kills = 0
  const find = () => (seen = findMembers(table, description))
  const isInGroup = (entry: ProcessEntry) => entry.groupId === description.leader?.pid
  return {
    // Twice, because a process that starts another and ends while the table is read can hide both from one reading.
    isAnyAlive: () =>
      seen.some((entry) => isAlive(table, entry)) || find().length > 0 || find().length > 0,
    signalAll: (signal) => {
      // The first kill ends all but those that start others meanwhile; who cannot fork shall not see it coming.
      if (signal === 'SIGKILL' && ++kills > 1) description.container?.close(description.except)
      const members = find()
      const isGroupAlive = members.some(isInGroup)
      if (description.leader !== null && isGroupAlive) signalGroup(description.leader.pid, signal)
      for (const member of members) if (!isInGroup(member)) signalProcess(table, member, signal)
    },
    pids: () => find().map((entry) => entry.pid),
    signalGroup: (signal) => {
      if (description.leader !== null && find().some(isInGroup))
        signalGroup(description.leader.pid, signal)
    },
  }
}
