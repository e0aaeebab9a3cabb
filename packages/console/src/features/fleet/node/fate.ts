/** What happens to the leases of a node when it is drained: the plan that is shown before anything is done. Pure. */
import type { NodeLease } from '@spillway/contract'
import { formatDuration } from '../../../ui/format/time.ts'

export interface Fate {
  readonly words: string
  readonly isTaken: boolean
}

export function fateOf(lease: NodeLease, isEvacuating: boolean): Fate {
  if (lease.isForeign || lease.kind === 'anchor')
    return { words: 'goes on to its end: the operator’s own work is never stopped', isTaken: false }
  if (!isEvacuating) return { words: 'goes on to its end', isTaken: false }
  if (lease.state !== 'running' && lease.state !== 'starting')
    return { words: `is ${lease.state} already`, isTaken: false }
  const notice = lease.noticeMs === 0 ? 'at once' : `after ${formatDuration(lease.noticeMs)} notice`
  const gang = lease.nodes > 1 ? `, on all its ${lease.nodes} nodes` : ''
  const then = lease.requeue ? '; waits for room again' : '; ends'
  return { words: `is taken back ${notice}${gang}${then}`, isTaken: true }
}

/** How long until the node could be empty, by the notices alone; null while something goes on to its end. */
export function emptyAfterMs(leases: readonly NodeLease[], isEvacuating: boolean): number | null {
  const staying = leases.some((lease) => !fateOf(lease, isEvacuating).isTaken)
  if (staying) return null
  return Math.max(0, ...leases.map((lease) => lease.noticeMs))
}
