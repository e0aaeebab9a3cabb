/** What becomes of leases when their block comes to its end. Each in the caller's transaction. */
import type { IdSource } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import { leaveBlockClaims } from '#modules/book/index.ts'
import { findPool } from '#modules/fleet/index.ts'
import { getBalance, setHold } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { leaveBlock, listOpenIdsOfBlock } from './block-lease-store.ts'
import { isBookedOtherwise } from './booked-check-service.ts'
import { holdNeeded } from './funding-service.ts'
import type { Lease } from './lease.ts'
import { meterUntil } from './meter.ts'
import { beginReclaim, endWaiting } from './reclaim.ts'
import { recordFact } from './record.ts'
import { startPrice } from './start-price-service.ts'
import { lockLease } from './store.ts'

interface BlockEnd {
  readonly id: string
  readonly endsAt: Date
  readonly now: Date
  readonly ids: IdSource
}

/** Gives a lease its notice, so that it is gone when its block is over: its grace comes before the end. */
async function giveNotice(tx: Db, lease: Lease, { endsAt, now }: BlockEnd): Promise<void> {
  const noticeMs = Math.max(0, endsAt.getTime() - lease.graceMs - now.getTime())
  const because = `its block is over at ${endsAt.toISOString()}`
  await beginReclaim(tx, lease, { reason: 'time_limit', forLease: null, noticeMs, now, because })
}

/** What it would cost and be promised as on demand now. */
async function onDemandTerms(tx: Db, lease: Lease, now: Date) {
  const { id: priceId, price } = await startPrice(
    tx,
    { pool: lease.pool, kind: 'on_demand', agreedPrice: null },
    now,
  )
  const terms = (await findPool(tx, lease.pool))?.reclaim.on_demand ?? null
  return { priceId, priceUsd: price.amount, terms }
}

/** Whether a lease may have its slots beyond its block: nothing is booked on them, and it can be paid. */
async function mayGoOn(tx: Db, lease: Lease, { now }: BlockEnd): Promise<boolean> {
  if (lease.afterBlock !== 'on_demand') return false
  const { priceUsd, terms } = await onDemandTerms(tx, lease, now)
  if (terms === null) return false
  const needed = holdNeeded({ ...lease, noticeMs: terms.noticeMs }, priceUsd, now)
  if ((await getBalance(tx, lease.organizationId)).available < needed) return false
  return !(await isBookedOtherwise(tx, [lease], now))
}

/** Tells a lease that its block comes to its end, unless it goes on. */
export async function announceBlockEnd(tx: Db, end: BlockEnd): Promise<void> {
  const lease = await lockLease(tx, end.id)
  if (lease?.state !== 'starting' && lease?.state !== 'running') return
  if (!(await mayGoOn(tx, lease, end))) await giveNotice(tx, lease, end)
}

/** On demand from the end of its block on: paid by the hour, on the terms of the pool. False where the money is not there. */
async function goOn(tx: Db, lease: Lease, { endsAt, now, ids }: BlockEnd): Promise<boolean> {
  const { priceId, priceUsd, terms } = await onDemandTerms(tx, lease, now)
  if (terms === null || lease.holdId === null) return false
  const amount = holdNeeded({ ...lease, noticeMs: terms.noticeMs }, priceUsd, now)
  const { startedAt, holdId } = lease
  // Up to the end of the block its time is the block's.
  if (startedAt !== null) await meterUntil(tx, lease, { startedAt, until: endsAt, now, ids })
  if ((await setHold(tx, { holdId, amount })).kind !== 'held') return false
  await leaveBlock(tx, lease.id, { priceId, priceUsd, terms })
  await leaveBlockClaims(tx, { leaseId: lease.id, at: endsAt, ids })
  await recordFact(tx, lease, {
    at: endsAt,
    type: 'lease.block_left',
    text: `Its block is over; it goes on as on demand at $${renderMoney(priceUsd)} per GPU-hour.`,
    data: { blockId: lease.blockId },
  })
  return true
}

/** The block is over: what waits within it ends, what asked for it goes on, and what else is left has to stop. */
export async function leaveAtBlockEnd(tx: Db, end: BlockEnd): Promise<void> {
  const lease = await lockLease(tx, end.id)
  if (lease?.state === 'pending')
    await endWaiting(tx, lease, { reason: 'time_limit', now: end.now })
  if (lease?.state !== 'starting' && lease?.state !== 'running') return
  if (lease.afterBlock === 'on_demand' && (await goOn(tx, lease, end))) return
  await giveNotice(tx, lease, end)
}

/** The block does not begin at all: what waits within it ends. Nothing of it can have begun. */
export async function endWaitingOfBlock(tx: Db, blockId: string, now: Date): Promise<void> {
  for (const id of await listOpenIdsOfBlock(tx, blockId)) {
    const lease = await lockLease(tx, id)
    if (lease?.state === 'pending') await endWaiting(tx, lease, { reason: 'stopped', now })
  }
}
