/**
 * Selling back: idle nodes of a block go to spot and flex until the holder wants them back or the block is over. What was
 * paid for them is shared when the meters of that time are written, in one transaction with its lines.
 */
import { counted } from '#kernel/counted.ts'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { add, renderMoney } from '#kernel/money.ts'
import {
  closeIdleClaims,
  lendNodes,
  listBlockClaims,
  listSoldOn,
  lockBooking,
} from '#modules/book/index.ts'
import { wakeMarket } from '#modules/lease/index.ts'
import { postCompensation } from '#modules/ledger/index.ts'
import { listUsedHours } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BLOCK_BACK_SLACK_MS } from '../../limits.ts'
import type { Block } from './block.ts'
import { countHeld } from './held-service.ts'
import { tellBlock } from './record-service.ts'
import {
  insertSellBack,
  listSellBacks,
  noteBack,
  settleSellBack,
  withdrawAll,
} from './sell-back-store.ts'
import { linesOf, type SellBack, sellBackSource } from './sell-back.ts'
import { lockBlock } from './store.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

interface Whose {
  readonly id: string
  /** Null for the operator. */
  readonly organizationId: string | null
}

async function lockActive(tx: Db, { id, organizationId }: Whose, now: Date): Promise<Block> {
  const block = await lockBlock(tx, id)
  if (block === null || (organizationId !== null && block.organizationId !== organizationId))
    throw new Fault('block.not_found', `You have no block ${id}.`)
  if (block.endsAt <= now)
    throw new Fault('block.over', `This block was over at ${block.endsAt.toISOString()}.`)
  if (block.startsAt > now)
    throw new Fault(
      'block.not_idle',
      `This block begins at ${block.startsAt.toISOString()}; it has nothing yet.`,
    )
  return block
}

/** Nodes on which the block has its whole part and uses none of it. */
async function idleNodes(tx: Db, { id, gpus, nodes }: Block): Promise<readonly string[]> {
  const byNode = Map.groupBy(await listBlockClaims(tx, id), ({ nodeId }) => nodeId)
  return [...byNode].flatMap(([nodeId, own]) => {
    const slots = own.reduce((sum, claim) => sum + claim.slots.length, 0)
    return slots === gpus / nodes && own.every(({ leaseId }) => leaseId === null) ? [nodeId] : []
  })
}

export async function sellBack(
  tx: Db,
  { nodes, ...whose }: Whose & { readonly nodes: number },
  { now, ids }: Context,
): Promise<void> {
  const block = await lockActive(tx, whose, now)
  const booking = await lockBooking(tx, block.id)
  const idle = await idleNodes(tx, block)
  if (booking === null || idle.length < nodes)
    throw new Fault(
      'block.not_idle',
      `${counted(idle.length, 'node')} of the block ${idle.length === 1 ? 'is' : 'are'} wholly idle; ${nodes} cannot be sold back.`,
    )
  const placements = []
  for (const nodeId of idle.slice(0, nodes)) {
    const closed = await closeIdleClaims(tx, { blockId: block.id, nodeId, at: now })
    placements.push({ nodeId, slots: closed.flatMap(({ slots }) => slots) })
  }
  await lendNodes(tx, block.id, booking.nodesLent + nodes)
  await insertSellBack(tx, {
    id: newId('sellBack', ids),
    blockId: block.id,
    nodes,
    placements,
    offeredAt: now,
  })
  const text = `Sells ${counted(nodes, 'node')} back until it wants them again.`
  await tellBlock(tx, block, { at: now, type: 'block.sold_back', text })
  await wakeMarket(tx, now)
}

/** The holder wants everything back: room is gathered, and those who have it get their whole notice. */
export async function withdraw(tx: Db, whose: Whose, { now }: Context): Promise<void> {
  const block = await lockActive(tx, whose, now)
  await lockBooking(tx, block.id)
  await lendNodes(tx, block.id, 0)
  await withdrawAll(tx, block.id, now)
  const text = 'Wants back what it sold; its room is gathered.'
  await tellBlock(tx, block, { at: now, type: 'block.withdrawn', text })
  await wakeMarket(tx, now)
}

/** Notes what is back: all of the block is there, or ought to be by now. The caller has locked the block. */
export async function noteWhatIsBack(tx: Db, block: Block, now: Date): Promise<void> {
  const waiting = (await listSellBacks(tx, block.id)).filter(
    ({ withdrawnAt, backAt }) => withdrawnAt !== null && backAt === null,
  )
  if (waiting.length === 0) return
  const booking = await lockBooking(tx, block.id)
  const isWhole = booking !== null && (await countHeld(tx, block.id)) >= block.gpus
  for (const { id, withdrawnAt } of waiting) {
    const dueMs = (withdrawnAt ?? now).getTime() + (booking?.leadMs ?? 0) + BLOCK_BACK_SLACK_MS
    if (isWhole || now.getTime() >= dueMs) await noteBack(tx, id, now)
  }
}

/** What was paid for the slots of a sell-back, by what the book and the meter say. */
export async function reckonLines(
  db: Db,
  { placements, offeredAt, backAt }: SellBack,
  endsAt: Date,
) {
  const spans = await listSoldOn(db, placements, { from: offeredAt, to: backAt ?? endsAt })
  const leases = [...new Set(spans.map(({ leaseId }) => leaseId))]
  return linesOf(spans, leases.length === 0 ? [] : await listUsedHours(db, leases))
}

/** Shares what was paid. The block is over, and long enough for what ran until then to be metered. */
export async function settleSellBacks(tx: Db, block: Block, { now, ids }: Context): Promise<void> {
  for (const each of await listSellBacks(tx, block.id)) {
    if (each.settledAt !== null) continue
    const lines = await reckonLines(tx, each, block.endsAt)
    const creditUsd = add(...lines.map((line) => line.creditUsd))
    const { organizationId } = block
    const posting = { organizationId, amount: creditUsd, source: sellBackSource(each.id), now, ids }
    const creditTransactionId =
      creditUsd === 0n ? null : await postCompensation(tx, { ...posting, cause: 'sell_back' })
    await settleSellBack(tx, { id: each.id, settledAt: now, creditUsd, creditTransactionId }, lines)
    if (creditUsd === 0n) continue
    const text = `$${renderMoney(creditUsd)} is credited for what it sold back.`
    await tellBlock(tx, block, { at: now, type: 'block.sell_back_credited', text })
  }
}
