/** Tells what becomes of a block, twice in one transaction: in its timeline and in the event stream. */
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import type { Block } from './block.ts'
import { type BlockFact, insertFact } from './store.ts'

export async function tellBlock(
  tx: Db,
  { id, organizationId, pool }: Pick<Block, 'id' | 'organizationId' | 'pool'>,
  fact: BlockFact,
): Promise<void> {
  await insertFact(tx, id, fact)
  const { at, type, text } = fact
  await emitEvent(tx, { at, type, organizationId, subject: id, data: { blockId: id, pool, text } })
}
