/** Brings the holds in the book in line with the nodes: what takes no work is neither free nor sold. */
import type { IdSource } from '#kernel/ids.ts'
import {
  closeClaimsById,
  listOpenClaims,
  listUnleasedClaims,
  openHolds,
} from '#modules/book/index.ts'
import { listFaults, listUnreadyNodes } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { decideHolds } from './holds.ts'

/** Only what can matter is read: nodes that take no work or have a fault, and those on which something is held. */
async function readView(tx: Db) {
  const faults = await listFaults(tx)
  const unleased = await listUnleasedClaims(tx)
  const concerned = [...faults, ...unleased].map(({ nodeId }) => nodeId)
  const nodes = await listUnreadyNodes(tx, [...new Set(concerned)])
  const known = new Set(nodes.map(({ id }) => id))
  const gone = unleased.filter(({ nodeId }) => !known.has(nodeId))
  const claims = nodes.length === 0 ? [] : await listOpenClaims(tx, [...known])
  return { nodes, claims: [...gone, ...claims], faults }
}

/**
 * Writes what differs, at one instant. Fails with `claim_no_double_sale` when somebody was quicker; then the caller
 * looks again.
 */
export async function projectHolds(
  tx: Db,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<boolean> {
  const { nodes, claims, faults } = await readView(tx)
  const { open, close } = decideHolds(nodes, claims, faults)
  await closeClaimsById(tx, close, now)
  await openHolds(tx, open, { now, ids })
  return open.length + close.length > 0
}
