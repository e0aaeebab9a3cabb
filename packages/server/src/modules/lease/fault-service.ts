/**
 * What a broken slot means for the lease that has it. One whose GPU is degraded is told, and goes on. One whose GPU is
 * lost cannot: it is ended, and pays for nothing after the GPU was last seen whole; what was charged beyond is given
 * back in the transaction that closes the attempt, once.
 */
import type { IdSource } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import type { SlotFault } from '#modules/fleet/index.ts'
import { postCompensation } from '#modules/ledger/index.ts'
import type { Db } from '#platform/db/database.ts'
import { costAhead, GPU_MS_PER_HOUR, type Lease } from './lease.ts'
import { beginReclaim } from './reclaim.ts'
import { recordFact } from './record.ts'
import * as store from './store.ts'

interface ToldFault extends SlotFault {
  readonly leaseId: string
}

async function onSlotsOf(tx: Db, faults: readonly SlotFault[]): Promise<readonly ToldFault[]> {
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

async function tellDegraded(tx: Db, lease: Lease, fault: SlotFault): Promise<void> {
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
  { fault, now }: { readonly fault: SlotFault; readonly now: Date },
): Promise<void> {
  const lastGoodAt = fault.lastGoodAt ?? fault.since
  const bound = lease.billableUntil
  const billableUntil = bound !== null && bound < lastGoodAt ? bound : lastGoodAt
  await store.changeLease(tx, lease.id, { billableUntil })
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
export async function tellFaults(tx: Db, faults: readonly SlotFault[], now: Date): Promise<void> {
  if (faults.length === 0) return
  for (const fault of await onSlotsOf(tx, faults)) {
    const lease = await store.lockLease(tx, fault.leaseId)
    if (!lease || lease.state === 'ended' || lease.state === 'pending') continue
    // The engine's own work is its own affair; that it has a broken slot is worth knowing.
    if (!fault.isLost || lease.engineRun !== null) await tellDegraded(tx, lease, fault)
    else await endForLost(tx, lease, { fault, now })
  }
}

interface Closing {
  readonly goneAt: Date
  readonly now: Date
  readonly ids: IdSource
}

/** Gives back what was charged after the last good reading. The caller closes the attempt, with its lease locked. */
export async function settleFault(
  tx: Db,
  lease: Lease,
  { goneAt, now, ids }: Closing,
): Promise<void> {
  const { billableUntil, priceUsd, startedAt } = lease
  const meteredUntil = (await store.findLease(tx, lease.id))?.meteredUntil ?? null
  if (billableUntil === null || priceUsd === null || startedAt === null || !meteredUntil) return
  const from = billableUntil < startedAt ? startedAt : billableUntil
  const beyondMs = meteredUntil.getTime() - from.getTime()
  if (beyondMs <= 0) return
  const price = { amount: priceUsd, per: GPU_MS_PER_HOUR, unit: 'gpu_ms' } as const
  const amount = costAhead(price, lease.gpus, beyondMs)
  if (amount === 0n) return
  const source = `fault:${lease.id}/${lease.attempt}`
  const { organizationId } = lease
  const transactionId = await postCompensation(tx, { organizationId, amount, source, now, ids })
  await recordFact(tx, lease, {
    at: goneAt,
    type: 'lease.fault_credited',
    text: `Given back for the ${beyondMs} ms after its GPU was last seen whole: $${renderMoney(amount)}.`,
    data: { amountUsd: renderMoney(amount), transactionId, from: from.toISOString() },
  })
}
