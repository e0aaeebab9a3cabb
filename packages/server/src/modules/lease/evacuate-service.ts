/** Takes back what runs on a node, each lease with its own notice. The operator's own work goes on. */
import type { IdSource } from '#kernel/ids.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import type { Db } from '#platform/db/database.ts'
import { takeBack } from './reclaim-service.ts'
import { lockLeases } from './store.ts'

interface Evacuation {
  readonly nodeId: string
  readonly now: Date
  readonly ids: IdSource
}

/** Returns the ids of the leases that got their notice. */
export async function evacuateNode(
  tx: Db,
  { nodeId, now, ids }: Evacuation,
): Promise<readonly string[]> {
  const claims = (await listOpenClaims(tx)).filter((claim) => claim.nodeId === nodeId)
  const leaseIds = [...new Set(claims.flatMap((claim) => claim.leaseId ?? []))]
  if (leaseIds.length === 0) return []
  const going: string[] = []
  for (const lease of (await lockLeases(tx, leaseIds)).values()) {
    if (lease.kind === 'anchor' || (lease.state !== 'starting' && lease.state !== 'running'))
      continue
    const stopAt = new Date(now.getTime() + lease.noticeMs)
    const text = 'its node is taken out of service'
    const taking = { cause: 'maintenance', text, byKind: null, forLease: null } as const
    await takeBack(tx, lease, { ...taking, decidedAt: now, stopAt, now, ids })
    going.push(lease.id)
  }
  return going
}
