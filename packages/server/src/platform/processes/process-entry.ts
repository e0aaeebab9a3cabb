/**
 * One row of the machine's process table, parsed from `/proc/<pid>/stat` (Linux) or a line of `ps` (elsewhere). Pure:
 * it reads nothing itself.
 */

/**
 * A process for as long as it lives. A pid alone is used again by the system; a pid with its birth is not. The birth
 * is the kernel's start time: ticks since boot on Linux, the `lstart` column of `ps` elsewhere.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly birth: string
}

export interface ProcessEntry extends ProcessIdentity {
  readonly groupId: number
  readonly sessionId: number
  /** The state letter: R running, S sleeping, T stopped, Z zombie… */
  readonly state: string
  readonly threadCount: number
}

/**
 * Parses `/proc/<pid>/stat`. The command name stands in parentheses and may itself contain spaces and parentheses,
 * so fields are counted from the last one. Null when the text is not such a line.
 */
export function parseProcStat(text: string): ProcessEntry | null {
  const opening = text.indexOf(' (')
  const closing = text.lastIndexOf(') ')
  if (opening < 0 || closing < opening) return null
  const rest = text.slice(closing + 2).split(' ')
  // Field 3 of proc(5) is rest[0], so field n is rest[n - 3].
  const [state, , group, session] = rest
  const threads = rest[17]
  const birth = rest[19]
  if (state === undefined || threads === undefined || birth === undefined) return null
  return {
    pid: Number(text.slice(0, opening)),
    birth,
    groupId: Number(group),
    sessionId: Number(session),
    state,
    threadCount: Number(threads),
  }
}

/** The columns that `parsePsLine` expects, for `ps -axo`. */
export const PS_COLUMNS = 'pid=,pgid=,stat=,lstart='

/** Parses a line of `ps -axo pid=,pgid=,stat=,lstart=`; where `ps` tells no session, the group stands for it. */
export function parsePsLine(line: string): ProcessEntry | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S)\S*\s+(\S.*\S)\s*$/.exec(line)
  if (match === null) return null
  const [, pid, group, state = '', birth = ''] = match
  const groupId = Number(group)
  return { pid: Number(pid), birth, groupId, sessionId: groupId, state, threadCount: 1 }
}

/**
 * Whether the process still runs code. A zombie is only a record for its parent, unless its first thread ended before
 * the others: then the kernel shows a zombie although the rest live on.
 */
export function isLiving(entry: ProcessEntry): boolean {
  if (entry.state === 'X' || entry.state === 'x') return false
  return entry.state !== 'Z' || entry.threadCount > 1
}

/** Whether `entry` was born at the time of `other` or later, as every descendant of it was. */
export function isBornSince(entry: ProcessEntry, other: ProcessIdentity): boolean {
  const birth = Number(entry.birth)
  const otherBirth = Number(other.birth)
  if (Number.isNaN(birth) || Number.isNaN(otherBirth)) return true
  return birth >= otherBirth
}
