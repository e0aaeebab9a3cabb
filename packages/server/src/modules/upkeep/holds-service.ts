/** Brings the holds in the book in line with the nodes: what takes no work is neither free nor sold. */
import type { IdSource } from '#kernel/ids.ts'
import { closeClaimsById, listOpenClaims, openHolds } from '#modules/book/index.ts'
import { listFaults, listNodes } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { decideHolds } from './holds.ts'

/**
 * Writes what differs, at one instant. Fails with `claim_no_double_sale` when somebody was quicker; then the caller
 * looks again.
 */
export async function projectHolds(
  tx: Db,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<boolean> {
  const [nodes, claims, faults] = [
    await listNodes(tx),
    await listOpenClaims(tx),
    await listFaults(tx),
  ]
  const { open, close } = decideHolds(nodes, claims, faults)
  await closeClaimsById(tx, close, now)
  await openHolds(tx, open, { now, ids })
  return open.length + close.length > 0
}
