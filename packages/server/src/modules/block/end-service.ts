/**
 * The end of a block: its claims close, nothing comes back to it any more, what of its room was never there is credited by the
 * published rule, and what is left of its hold goes back. All in one transaction, under a source of its own.
 */
import type { IdSource } from '#kernel/ids.ts'
import { renderMoney, ZERO } from '#kernel/money.ts'
import { closeBooking, closeIdleClaims, lockBooking, sumBlockTime } from '#modules/book/index.ts'
import { leaveAtBlockEnd, listOpenIdsOfBlock, wakeMarket } from '#modules/lease/index.ts'
import { postCompensation, releaseHold } from '#modules/ledger/index.ts'
import { type Db, inTransaction } from '#platform/db/database.ts'
import { BLOCK_LATE_FORGIVEN_MS } from '../../limits.ts'
import { type Block, countedFrom, creditFor, creditSource } from './block.ts'
import { chargeHours } from './charge-service.ts'
import { tellBlock } from './record-service.ts'
import { listSellBacks } from './sell-back-store.ts'
import { lentMs } from './sell-back.ts'
import type { BlockDeps } from './step-deps.ts'
import { closeBlock, findBlock, lockBlock } from './store.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** GPU-time of a block up to an instant: what leases had, and what was not there. */
export async function reckonTime(
  db: Db,
  block: Block,
  until: Date,
): Promise<{ readonly heldMs: number; readonly usedMs: number; readonly missingMs: number }> {
  if (block.state === 'cancelled') return { heldMs: 0, usedMs: 0, missingMs: 0 }
  const to = until < block.endsAt ? until : block.endsAt
  const from = countedFrom(block, BLOCK_LATE_FORGIVEN_MS)
  if (to <= from) return { heldMs: 0, usedMs: 0, missingMs: 0 }
  const { heldMs, usedMs } = await sumBlockTime(db, block.id, { from, to })
  const wholeMs = block.gpus * (to.getTime() - from.getTime())
  const lent = lentMs(await listSellBacks(db, block.id), { from, to })
  return { heldMs, usedMs, missingMs: Math.max(0, wholeMs - heldMs - lent) }
}

async function credit(
  tx: Db,
  { block, missingMs }: { readonly block: Block; readonly missingMs: number },
  { now, ids }: Context,
) {
  const amount = creditFor(block.priceUsd, missingMs)
  if (amount === 0n) return { creditUsd: ZERO, creditTransactionId: null }
  const { organizationId, id } = block
  const posting = { organizationId, amount, source: creditSource(id), cause: 'block' as const }
  const creditTransactionId = await postCompensation(tx, { ...posting, now, ids })
  return { creditUsd: amount, creditTransactionId }
}

/** Closes the books of a block whose hours are over. */
async function settle(tx: Db, id: string, context: Context): Promise<void> {
  const { now } = context
  const locked = await lockBlock(tx, id)
  if (locked === null || locked.closedAt !== null) return
  const block = await chargeHours(tx, locked, context)
  await lockBooking(tx, id)
  const { heldMs, usedMs, missingMs } = await reckonTime(tx, block, block.endsAt)
  await closeIdleClaims(tx, { blockId: id, at: block.endsAt })
  await closeBooking(tx, id, now)
  await releaseHold(tx, block.holdId)
  const given = await credit(tx, { block, missingMs }, context)
  const state = heldMs === 0 ? 'unavailable' : 'ended'
  const credited =
    given.creditUsd === 0n
      ? ''
      : ` $${renderMoney(given.creditUsd)} is credited for what was missing.`
  const text =
    state === 'ended' ? `Over.${credited}` : `None of its room was ever there.${credited}`
  const times = { missingGpuMs: missingMs, usedGpuMs: usedMs }
  await closeBlock(tx, id, { state, text, closedAt: block.endsAt, ...times, ...given })
  await tellBlock(tx, block, { at: block.endsAt, type: `block.${state}`, text })
  await wakeMarket(tx, now)
}

export async function settleBlock(deps: BlockDeps, id: string, now: Date): Promise<void> {
  const { database, ids } = deps
  const endsAt = (await findBlock(database, id))?.endsAt ?? now
  for (const lease of await listOpenIdsOfBlock(database, id))
    await inTransaction(database, (tx) => leaveAtBlockEnd(tx, { id: lease, endsAt, now, ids }))
  await inTransaction(database, (tx) => settle(tx, id, { now, ids }))
}
