/** Takes back what runs on a node, each lease with its own notice. The operator's own work goes on. */
import { listOpenClaims } from '#modules/book/index.ts'
import type { Db } from '#platform/db/database.ts'
import { beginReclaim } from './reclaim.ts'
import { lockLeases } from './store.ts'

/** Returns the ids of the leases that got their notice. */
export async function evacuateNode(tx: Db, nodeId: string, now: Date): Promise<readonly string[]> {
  const claims = (await listOpenClaims(tx)).filter((claim) => claim.nodeId === nodeId)
  const ids = [...new Set(claims.flatMap((claim) => claim.leaseId ?? []))]
  const going: string[] = []
  for (const lease of (ids.length === 0 ? new Map() : await lockLeases(tx, ids)).values()) {
    if (lease.kind === 'anchor' || (lease.state !== 'starting' && lease.state !== 'running'))
      continue
    const { noticeMs } = lease
    await beginReclaim(tx, lease, { reason: 'reclaimed', forLease: null, noticeMs, now })
    going.push(lease.id)
  }
  return going
}
