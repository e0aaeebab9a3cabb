/**
 * Charges a block as its hours pass, used or not. Each hour is one usage event with an id of its own; the cursor moves in the
 * transaction that posts it, so that a crash anywhere neither loses nor doubles an hour. The hold pays it.
 */
import { createHash } from 'node:crypto'
import { renderUuid, type IdSource } from '#kernel/ids.ts'
import { postUsage, type UsageEvent } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BLOCK_GRID_MS } from '../../limits.ts'
import type { Block } from './block.ts'
import { changeBlock } from './store.ts'

/** The same hour of the same block always has the same id. */
function usageId(blockId: string, fromMs: number): string {
  const digest = createHash('sha256').update(`${blockId}/${fromMs}`).digest().subarray(0, 16)
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return renderUuid(digest)
}

function eventsOf(block: Block, untilMs: number): UsageEvent[] {
  const { id, organizationId, projectId, holdId, sku, priceId, gpus } = block
  const events: UsageEvent[] = []
  for (let fromMs = block.chargedUntil.getTime(); fromMs < untilMs; fromMs += BLOCK_GRID_MS) {
    const quantity = BigInt(gpus) * BigInt(BLOCK_GRID_MS)
    events.push({
      ...{ id: usageId(id, fromMs), organizationId, projectId, resource: id, holdId },
      ...{ from: new Date(fromMs), to: new Date(fromMs + BLOCK_GRID_MS) },
      lines: [{ sku, priceId, quantity }],
    })
  }
  return events
}

/** Charges the whole hours that have passed. The caller has locked the block. Gives it back as it is then. */
export async function chargeHours(
  tx: Db,
  block: Block,
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<Block> {
  const passedMs = Math.floor(now.getTime() / BLOCK_GRID_MS) * BLOCK_GRID_MS
  const untilMs = Math.min(passedMs, block.endsAt.getTime())
  const events = eventsOf(block, untilMs)
  if (events.length === 0) return block
  await postUsage(tx, events, { now, ids })
  const chargedUntil = new Date(untilMs)
  await changeBlock(tx, block.id, { chargedUntil })
  return { ...block, chargedUntil }
}
