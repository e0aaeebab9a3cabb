/** When the slots of a lease will be free again, as far as its own terms say. Pure. */
import type { Lease } from './lease.ts'

/** When it is gone at the latest: its time is limited, and it does not start again. */
export function endsByMs({
  startedAt,
  timeLimitMs,
  ranMs,
  requeue,
}: Pick<Lease, 'startedAt' | 'timeLimitMs' | 'ranMs' | 'requeue'>): number | null {
  if (startedAt === null || timeLimitMs === null || requeue !== 'never') return null
  return startedAt.getTime() + Math.max(0, timeLimitMs - ranMs)
}

/** From when on it gives way to what is on demand; null: not at all. Its notice comes on top. */
export function yieldsFromMs({
  terms,
  startedAt,
}: Pick<Lease, 'terms' | 'startedAt'>): number | null {
  if (terms === null || startedAt === null || !terms.by.includes('on_demand')) return null
  return startedAt.getTime() + terms.minimumRunMs
}
