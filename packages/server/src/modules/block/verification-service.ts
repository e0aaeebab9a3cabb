/** Recomputes what every block that is over was to pay and to be given back, and compares it with the ledger. */
import { sumBlockTime } from '#modules/book/index.ts'
import {
  compensationsPosted,
  judge,
  type LedgerCheck,
  listOpenHolds,
} from '#modules/ledger/index.ts'
import { usageOf } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BLOCK_LATE_FORGIVEN_MS } from '../../limits.ts'
import { type Block, countedFrom, creditFor, creditSource, wholePrice } from './block.ts'
import { listClosedBlocks } from './store.ts'

/** Give it a snapshot of its own, or what closes meanwhile looks like a difference. */
export async function verifyBlocks(db: Db): Promise<readonly LedgerCheck[]> {
  const blocks = await listClosedBlocks(db)
  return [await verifyPaid(db, blocks), await verifyCredits(db, blocks)]
}

async function verifyPaid(db: Db, blocks: readonly Block[]): Promise<LedgerCheck> {
  const ids = blocks.map(({ id }) => id)
  const usage = await usageOf(db, ids)
  const open = new Set((await listOpenHolds(db, 'block', ids)).map(({ reference }) => reference))
  const wrong = blocks
    .filter((block) => usage.get(block.id)?.charged !== wholePrice(block) || open.has(block.id))
    .map(({ id }) => id)
  return judge('blocks_are_paid_whole', wrong, {
    held: `All ${blocks.length} blocks that are over were paid whole, used or not, and hold nothing more.`,
    broken:
      'Blocks that are over and were charged another amount than their price, or still hold money',
  })
}

async function isCreditRight(
  db: Db,
  block: Block,
  posted: Awaited<ReturnType<typeof compensationsPosted>>,
): Promise<boolean> {
  const from = countedFrom(block, BLOCK_LATE_FORGIVEN_MS)
  const { heldMs } = await sumBlockTime(db, block.id, { from, to: block.endsAt })
  const missingMs = block.gpus * (block.endsAt.getTime() - from.getTime()) - heldMs
  const amount = creditFor(block.priceUsd, missingMs)
  const found = posted.get(creditSource(block.id))
  if (block.creditUsd !== amount) return false
  if (amount === 0n) return found === undefined
  return found?.amount === amount && found.id === block.creditTransactionId
}

async function verifyCredits(db: Db, blocks: readonly Block[]): Promise<LedgerCheck> {
  const posted = await compensationsPosted(db)
  const wrong: string[] = []
  for (const block of blocks) if (!(await isCreditRight(db, block, posted))) wrong.push(block.id)
  const known = new Set(blocks.map(({ id }) => creditSource(id)))
  wrong.push(
    ...[...posted.keys()].filter((source) => source.startsWith('block:') && !known.has(source)),
  )
  return judge('block_credits_follow_the_book', wrong, {
    held: `All ${blocks.length} blocks that are over were credited for the room that the book says was missing, once.`,
    broken: 'Blocks whose credit is not what the book says was missing',
  })
}
