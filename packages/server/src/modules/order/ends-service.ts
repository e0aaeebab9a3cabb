/** When slots of a pool will be free, by what is known now: ends that are sure, and what gives way to on demand. */
import { type Lease, listOpenLeases } from '#modules/lease/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { ComingFree } from './offer.ts'

/** When a lease will be gone for sure: its stop is set, or its time is limited. */
function endOf({ stopAt, startedAt, timeLimitMs, ranMs, requeue }: Lease): number | null {
  if (stopAt !== null) return stopAt.getTime()
  if (startedAt === null || timeLimitMs === null || requeue !== 'never') return null
  return startedAt.getTime() + Math.max(0, timeLimitMs - ranMs)
}

/** Until when a lease may be kept by its minimum run and its notice, where it gives way to on demand. */
function yieldOf({ terms, startedAt, noticeMs }: Lease, nowMs: number): number | null {
  if (terms === null || startedAt === null || !terms.by.includes('on_demand')) return null
  return Math.max(nowMs, startedAt.getTime() + terms.minimumRunMs) + noticeMs
}

function comingOf(
  leases: readonly Lease[],
  endsAt: (lease: Lease) => number | null,
): readonly ComingFree[] {
  return leases.flatMap((lease) => {
    const atMs = endsAt(lease)
    if (atMs === null) return []
    return lease.placements.map(({ nodeId, slots }) => ({ nodeId, slots: slots.length, atMs }))
  })
}

export async function knownEnds(
  db: Db,
  pool: string,
  now: Date,
): Promise<{ readonly coming: readonly ComingFree[]; readonly yielding: readonly ComingFree[] }> {
  const leases = await listOpenLeases(db, pool)
  const sure = leases.filter((lease) => endOf(lease) !== null)
  const others = leases.filter((lease) => endOf(lease) === null)
  return {
    coming: comingOf(sure, endOf),
    yielding: comingOf(others, (lease) => yieldOf(lease, now.getTime())),
  }
}
