/** What a block has now, and what of that it cannot keep because it broke. */
import type { IdSource } from '#kernel/ids.ts'
import { closeIdleClaims, listBlockClaims } from '#modules/book/index.ts'
import { listFaults, listNodeShapes } from '#modules/fleet/index.ts'
import { wakeMarket } from '#modules/lease/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Block } from './block.ts'
import { tellBlock } from './record-service.ts'

export async function countHeld(db: Db, blockId: string): Promise<number> {
  const claims = await listBlockClaims(db, blockId)
  return claims.reduce((sum, { slots }) => sum + slots.length, 0)
}

/**
 * Gives up nodes of a block that take no work or have a broken slot, each as a whole once nothing of the block runs there:
 * the market then gathers another in its place. The caller has locked the block.
 */
export async function shedBroken(
  tx: Db,
  block: Block,
  { now }: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  const claims = await listBlockClaims(tx, block.id)
  if (claims.length === 0) return
  const ready = new Set(
    (await listNodeShapes(tx)).flatMap(({ id, isReady }) => (isReady ? [id] : [])),
  )
  const broken = new Set((await listFaults(tx)).map(({ nodeId, slot }) => `${nodeId}/${slot}`))
  for (const [nodeId, own] of Map.groupBy(claims, (claim) => claim.nodeId)) {
    const isWhole =
      ready.has(nodeId) &&
      !own.some(({ slots }) => slots.some((slot) => broken.has(`${nodeId}/${slot}`)))
    if (isWhole || own.some(({ leaseId }) => leaseId !== null)) continue
    const closed = await closeIdleClaims(tx, { blockId: block.id, nodeId, at: now })
    const count = closed.reduce((sum, { slots }) => sum + slots.length, 0)
    const text = `A node with ${count} of its GPUs failed; it is replaced as soon as there is room.`
    await tellBlock(tx, block, { at: now, type: 'block.node_lost', text })
    await wakeMarket(tx, now)
  }
}
