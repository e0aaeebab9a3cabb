/** When slots of a pool will be free, by what is known now: ends that are sure, and what gives way to on demand. */
import { endsByMs, type Lease, listOpenLeases, yieldsFromMs } from '#modules/lease/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { ComingFree } from './offer.ts'

/** When the slots of a lease are there for on demand, where it gives way to it. */
function yieldOf(lease: Lease, nowMs: number): number | null {
  const fromMs = yieldsFromMs(lease)
  return fromMs === null ? null : Math.max(nowMs, fromMs) + lease.noticeMs
}

/** When a lease will be gone: its stop is set, or its time is limited. */
function endOf(lease: Lease): number | null {
  return lease.stopAt?.getTime() ?? endsByMs(lease)
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
  // What a lease leaves within a block is the block's.
  const leases = (await listOpenLeases(db, pool)).filter(({ blockId }) => blockId === null)
  const sure = leases.filter((lease) => endOf(lease) !== null)
  const others = leases.filter((lease) => endOf(lease) === null)
  return {
    coming: comingOf(sure, endOf),
    yielding: comingOf(others, (lease) => yieldOf(lease, now.getTime())),
  }
}
