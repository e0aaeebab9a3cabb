/** Recomputes what every block that is over was to pay and to be given back, and compares it with the ledger. */
import { type Money, ZERO } from '#kernel/money.ts'
import {
  compensationsPosted,
  judge,
  type LedgerCheck,
  listOpenHolds,
} from '#modules/ledger/index.ts'
import { usageOf } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type Block, creditFor, creditSource, wholePrice } from './block.ts'
import { cancelFee } from './cancel.ts'
import { reckonTime } from './end-service.ts'
import { reckonLines } from './sell-back-service.ts'
import { listLines, listSellBacks } from './sell-back-store.ts'
import { sellBackSource } from './sell-back.ts'
import { listClosedBlocks } from './store.ts'

/** Give it a snapshot of its own, or what closes meanwhile looks like a difference. */
export async function verifyBlocks(db: Db): Promise<readonly LedgerCheck[]> {
  const blocks = await listClosedBlocks(db)
  return [
    await verifyPaid(db, blocks),
    await verifyCredits(db, blocks),
    await verifySellBacks(db, blocks),
  ]
}

/** What it was to pay: all of its price, or by its rule for when it was cancelled. */
function due(block: Block): Money | null {
  const { state, cancelTerms, startsAt, closedAt } = block
  if (state !== 'cancelled') return wholePrice(block)
  if (cancelTerms === null || closedAt === null) return null
  return cancelFee(cancelTerms, { startsAt, whole: wholePrice(block), at: closedAt })
}

async function verifyPaid(db: Db, blocks: readonly Block[]): Promise<LedgerCheck> {
  const ids = blocks.map(({ id }) => id)
  const usage = await usageOf(db, ids)
  const open = new Set((await listOpenHolds(db, 'block', ids)).map(({ reference }) => reference))
  const wrong = blocks
    .filter((block) => (usage.get(block.id)?.charged ?? ZERO) !== due(block) || open.has(block.id))
    .map(({ id }) => id)
  return judge('blocks_are_paid_whole', wrong, {
    held: `All ${blocks.length} blocks that are over were paid whole, used or not, or as their cancelling costs, and hold nothing more.`,
    broken:
      'Blocks that are over and were charged another amount than their price or their fee, or still hold money',
  })
}

async function isCreditRight(
  db: Db,
  block: Block,
  posted: Awaited<ReturnType<typeof compensationsPosted>>,
): Promise<boolean> {
  const { missingMs } = await reckonTime(db, block, block.endsAt)
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

/** What was shared, against the book, the meter and the ledger. */
async function verifySellBacks(db: Db, blocks: readonly Block[]): Promise<LedgerCheck> {
  const posted = await compensationsPosted(db)
  const endOf = new Map(blocks.map(({ id, endsAt }) => [id, endsAt]))
  const settled = (await listSellBacks(db)).filter(({ settledAt }) => settledAt !== null)
  const wrong: string[] = []
  for (const each of settled) {
    const due = await reckonLines(db, each, endOf.get(each.blockId) ?? each.offeredAt)
    const kept = await listLines(db, each.id)
    const key = (lines: typeof kept) =>
      lines
        .map(({ leaseId, creditUsd }) => `${leaseId} ${creditUsd}`)
        .toSorted()
        .join()
    const sum = kept.reduce((all, { creditUsd }) => all + creditUsd, 0n)
    const found = posted.get(sellBackSource(each.id))?.amount ?? 0n
    if (key(due) !== key(kept) || sum !== each.creditUsd || sum !== found) wrong.push(each.id)
  }
  return judge('sell_backs_share_what_was_paid', wrong, {
    held: `All ${settled.length} sell-backs shared what leases paid for their slots, lease by lease, once.`,
    broken: 'Sell-backs whose credit is not their share of what leases paid',
  })
}
