/**
 * What a broken slot means for the lease that has it. One whose GPU is degraded is told, and goes on. One whose GPU is
 * lost cannot: it is ended, and pays for nothing after the GPU was last seen whole; what was charged beyond is given
 * back in the transaction that closes the attempt, once.
 */
import { renderMoney } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import type { SlotFault } from '#modules/fleet/index.ts'
import { postCompensation } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { chargeEnd, type Closing } from './closing.ts'
import { faultCreditOf, faultSource, insertFaultCredit } from './fault-credit-store.ts'
import type { Lease } from './lease.ts'
import { beginReclaim } from './reclaim.ts'
import { recordFact, wakeLease } from './record.ts'
import * as store from './store.ts'

/** Whoever found it: a lease is told the same. */
type BrokenSlot = Omit<SlotFault, 'reading' | 'seenAt'>

interface ToldFault extends BrokenSlot {
  readonly leaseId: string
}

async function onSlotsOf(tx: Db, faults: readonly BrokenSlot[]): Promise<readonly ToldFault[]> {
  const holders = new Map(
    (await listOpenClaims(tx)).flatMap(({ nodeId, slots, leaseId }) =>
      slots.map((slot) => [`${nodeId}/${slot}`, leaseId] as const),
    ),
  )
  return faults.flatMap((fault) => {
    const leaseId = holders.get(`${fault.nodeId}/${fault.slot}`) ?? null
    return leaseId === null ? [] : [{ ...fault, leaseId }]
  })
}

async function tellDegraded(tx: Db, lease: Lease, fault: BrokenSlot): Promise<void> {
  await recordFact(tx, lease, {
    at: fault.since,
    type: 'lease.gpu_degraded',
    text: `The GPU of slot ${fault.slot} is not well: ${fault.reason}.`,
    data: { nodeId: fault.nodeId, slot: fault.slot, reason: fault.reason },
  })
}

/** The bill ends at the earliest of the instants at which its lost GPUs were last seen whole. */
async function endForLost(
  tx: Db,
  lease: Lease,
  { fault, now }: { readonly fault: BrokenSlot; readonly now: Date },
): Promise<void> {
  const lastGoodAt = fault.lastGoodAt ?? fault.since
  const bound = lease.billableUntil
  const billableUntil = bound !== null && bound < lastGoodAt ? bound : lastGoodAt
  // One that is on its way out does not wait for the end of its notice with a GPU that is gone.
  const isLate = lease.state === 'reclaiming' && lease.stopAt !== null && lease.stopAt > now
  await store.changeLease(tx, lease.id, { billableUntil, ...(isLate ? { stopAt: now } : {}) })
  if (isLate) await wakeLease(tx, lease.id, now)
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.gpu_lost',
    text: `The GPU of slot ${fault.slot} is lost: ${fault.reason}. Nothing is billed after ${billableUntil.toISOString()}, when it was last seen whole.`,
    data: { nodeId: fault.nodeId, slot: fault.slot, billableUntil: billableUntil.toISOString() },
  })
  if (lease.state === 'starting' || lease.state === 'running')
    await beginReclaim(tx, lease, { reason: 'faulty', forLease: null, noticeMs: 0, now })
}

/** Tells the leases that have slots which broke just now, in the transaction that enters the faults. */
export async function tellFaults(tx: Db, faults: readonly BrokenSlot[], now: Date): Promise<void> {
  if (faults.length === 0) return
  for (const fault of await onSlotsOf(tx, faults)) {
    const lease = await store.lockLease(tx, fault.leaseId)
    if (!lease || lease.state === 'ended' || lease.state === 'pending') continue
    // The engine's own work is its own affair; that it has a broken slot is worth knowing.
    if (!fault.isLost || lease.engineRun !== null) await tellDegraded(tx, lease, fault)
    else await endForLost(tx, lease, { fault, now })
  }
}

/** Gives back what was charged after the last good reading. The caller closes the attempt, with its lease locked. */
export async function settleFault(
  tx: Db,
  lease: Lease,
  { goneAt, meteredUntil, now, ids }: Closing,
): Promise<void> {
  const { priceUsd, gpus, organizationId } = lease
  const from = chargeEnd(lease, meteredUntil)
  if (priceUsd === null || from === null || meteredUntil === null || meteredUntil <= from) return
  const charged = { gpus, priceUsd, goodUntil: from, chargedUntil: meteredUntil }
  const amount = faultCreditOf(charged)
  if (amount === 0n) return
  const source = faultSource(lease)
  const credit = { organizationId, amount, source, cause: 'fault', now, ids } as const
  const transactionId = await postCompensation(tx, credit)
  await insertFaultCredit(tx, {
    ...charged,
    leaseId: lease.id,
    attempt: lease.attempt,
    amount,
    transactionId,
  })
  const beyondMs = meteredUntil.getTime() - from.getTime()
  await recordFact(tx, lease, {
    at: goneAt,
    type: 'lease.fault_credited',
    text: `Given back for the ${beyondMs} ms after its GPU was last seen whole: $${renderMoney(amount)}.`,
    data: { amountUsd: renderMoney(amount), transactionId, from: from.toISOString() },
  })
}
