/** Brings the holds in the book in line with the nodes: what takes no work is neither free nor sold. */
import { sql } from 'kysely'
import type { IdSource } from '#kernel/ids.ts'
import {
  closeClaimsById,
  listOpenClaims,
  listUnleasedClaims,
  openHolds,
} from '#modules/book/index.ts'
import { listFaults, listUnreadyNodes } from '#modules/fleet/index.ts'
import { type Db, isConstraintViolation } from '#platform/db/database.ts'
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

const TRIES_MAX = 3

/**
 * The same for somebody who has more to do in this transaction: where the market was quicker with a slot it is looked at
 * again, and left to the comparison of its pool when the market is quicker each time.
 */
export async function projectHoldsPatiently(
  tx: Db,
  context: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await sql`SAVEPOINT holds`.execute(tx)
    try {
      await projectHolds(tx, context)
      return
    } catch (error) {
      if (!isConstraintViolation(error, 'claim_no_double_sale')) throw error
      await sql`ROLLBACK TO SAVEPOINT holds`.execute(tx)
    }
  }
}
