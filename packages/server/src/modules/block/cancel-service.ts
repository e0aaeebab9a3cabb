/**
 * Cancels a block before it begins, by the rule it was bought under: the fee is charged from its hold, the rest of that goes
 * back, and its room is anybody's again. All in one transaction. Also says and sets what is published.
 */
import { createHash } from 'node:crypto'
import { Fault } from '#kernel/fault.ts'
import { renderUuid, type IdSource } from '#kernel/ids.ts'
import { type Money, renderMoney, ZERO } from '#kernel/money.ts'
import { closeBooking, closeIdleClaims, lockBooking } from '#modules/book/index.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { endWaitingOfBlock, wakeMarket } from '#modules/lease/index.ts'
import { releaseHold } from '#modules/ledger/index.ts'
import { cancelledBlockSku } from '#modules/market/index.ts'
import { postUsage } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type Block, wholePrice } from './block.ts'
import { CANCEL_TERMS, cancelFee, type CancelTerms } from './cancel.ts'
import { findPolicy, insertPolicy } from './policy-store.ts'
import { tellBlock } from './record-service.ts'
import { closeBlock, lockBlock } from './store.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** What is published now. */
export async function readTerms(db: Db): Promise<CancelTerms & { readonly setAt: Date | null }> {
  return (await findPolicy(db)) ?? { ...CANCEL_TERMS, setAt: null }
}

/** From now on; what was bought before keeps the rule that it was bought under. */
export async function publishTerms(tx: Db, terms: CancelTerms, now: Date): Promise<void> {
  await insertPolicy(tx, { ...terms, setAt: now })
}

/** What cancelling a block costs at an instant; null where it cannot be cancelled. */
export function feeOf(block: Block, at: Date): Money | null {
  const { cancelTerms, startsAt, closedAt } = block
  if (cancelTerms === null || closedAt !== null) return null
  return cancelFee(cancelTerms, { startsAt, whole: wholePrice(block), at })
}

function requireFee(block: Block, { now, feeMax }: { now: Date; feeMax: Money | null }): Money {
  const { id, startsAt, closedAt, cancelTerms } = block
  if (closedAt !== null)
    throw new Fault('block.over', `The block ${id} was over at ${closedAt.toISOString()}.`)
  const refuse = (message: string) => new Fault('block.not_cancellable', message)
  if (cancelTerms === null)
    throw refuse('This block was bought before there was a rule for cancelling; it is paid whole.')
  const fee = feeOf(block, now)
  if (fee === null) throw refuse(`This block began at ${startsAt.toISOString()}; it is paid whole.`)
  if (feeMax === null || fee <= feeMax) return fee
  throw refuse(
    `Cancelling it costs $${renderMoney(fee)} now, more than the $${renderMoney(feeMax)} that were agreed to.`,
  )
}

/** The same cancellation always has the same id. */
function usageId(blockId: string): string {
  const digest = createHash('sha256').update(`${blockId}/cancelled`).digest().subarray(0, 16)
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return renderUuid(digest)
}

/** One thing at a price of its own, which the hold pays: no GPU time was had for it. */
async function chargeFee(
  tx: Db,
  { block, fee }: { readonly block: Block; readonly fee: Money },
  { now, ids }: Context,
): Promise<void> {
  if (fee === ZERO) return
  const { id, organizationId, projectId, holdId, pool } = block
  const sku = cancelledBlockSku(pool)
  const description = `cancelled blocks on ${pool}, each once`
  await defineSku(tx, { name: sku, unit: 'gpu_ms', description })
  const price = { amount: fee, per: 1n, unit: 'gpu_ms' } as const
  const priceId = await setPrice(tx, { sku, price, now, ids })
  const event = {
    ...{ id: usageId(id), organizationId, projectId, resource: id, holdId },
    ...{ from: new Date(now.getTime() - 1), to: now, lines: [{ sku, priceId, quantity: 1n }] },
  }
  await postUsage(tx, [event], { now, ids })
}

export interface Cancelling {
  readonly id: string
  /** Null for the operator. */
  readonly organizationId: string | null
  /** Refused when it costs more by now; null: whatever it is. */
  readonly feeMax: Money | null
}

export async function cancelBlock(
  tx: Db,
  { id, organizationId, feeMax }: Cancelling,
  context: Context,
): Promise<void> {
  const { now } = context
  const block = await lockBlock(tx, id)
  if (block === null || (organizationId !== null && block.organizationId !== organizationId))
    throw new Fault('block.not_found', `You have no block ${id}.`)
  const fee = requireFee(block, { now, feeMax })
  // Leases before money, as whoever places them takes both.
  await endWaitingOfBlock(tx, id, now)
  await chargeFee(tx, { block, fee }, context)
  await releaseHold(tx, block.holdId)
  await lockBooking(tx, id)
  await closeIdleClaims(tx, { blockId: id, at: now })
  await closeBooking(tx, id, now)
  const cost = fee === ZERO ? 'It cost nothing.' : `$${renderMoney(fee)} of its price was charged.`
  const text = `Cancelled before it began. ${cost}`
  const nothing = { missingGpuMs: 0, usedGpuMs: 0, creditUsd: ZERO, creditTransactionId: null }
  await closeBlock(tx, id, { state: 'cancelled', text, closedAt: now, ...nothing, feeUsd: fee })
  await tellBlock(tx, block, { at: now, type: 'block.cancelled', text })
  await wakeMarket(tx, now)
}
