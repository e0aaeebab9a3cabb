/** Meters a lease's GPU time. The cursor moves in the transaction that records the usage, so nothing counts twice. */
import { createHash } from 'node:crypto'
import { renderUuid, type IdSource } from '#kernel/ids.ts'
import { gpuSku } from '#modules/market/index.ts'
import { postUsage, type UsageEvent } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { cutAtHours, isSoldByHour, type Lease } from './lease.ts'
import { changeLease } from './store.ts'

/** The same stretch of the same attempt always has the same id. */
function usageId(lease: Lease, fromMs: number): string {
  const digest = createHash('sha256')
    .update(`${lease.id}/${lease.attempt}/${fromMs}`)
    .digest()
    .subarray(0, 16)
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  return renderUuid(digest)
}

/** A stretch of use that is not metered yet. */
export interface Stretch {
  readonly from: Date
  readonly to: Date
}

/** From the cursor up to an instant at which the engine confirmed the processes; null where there is nothing between. */
export function stretchOf(
  lease: Lease,
  { startedAt, until }: { readonly startedAt: Date; readonly until: Date },
): Stretch | null {
  const from = lease.meteredUntil ?? startedAt
  const bound = lease.billableUntil
  const to = bound !== null && bound < until ? bound : until
  return to <= from ? null : { from, to }
}

export function usageOfStretch(lease: Lease, { from, to }: Stretch): UsageEvent[] {
  if (!isSoldByHour(lease.kind) || lease.priceId === null) return []
  const sku = lease.agreedPrice?.sku ?? gpuSku(lease.pool, lease.kind)
  const priceId = lease.priceId
  return cutAtHours(from.getTime(), to.getTime()).map((piece) => ({
    id: usageId(lease, piece.fromMs),
    organizationId: lease.organizationId,
    projectId: lease.projectId,
    resource: lease.id,
    holdId: lease.holdId,
    from: new Date(piece.fromMs),
    to: new Date(piece.toMs),
    lines: [{ sku, priceId, quantity: BigInt(lease.gpus) * BigInt(piece.toMs - piece.fromMs) }],
  }))
}

/**
 * Records use from the cursor up to `until`, an instant at which the engine confirmed the processes. Returns the
 * cursor's new place. The caller has locked the lease.
 */
export async function meterUntil(
  tx: Db,
  lease: Lease,
  {
    startedAt,
    until,
    now,
    ids,
  }: { readonly startedAt: Date; readonly until: Date; readonly now: Date; readonly ids: IdSource },
): Promise<Date> {
  const stretch = stretchOf(lease, { startedAt, until })
  if (stretch === null) return lease.meteredUntil ?? startedAt
  const events = usageOfStretch(lease, stretch)
  if (events.length > 0) await postUsage(tx, events, { now, ids })
  await changeLease(tx, lease.id, { meteredUntil: stretch.to })
  return stretch.to
}
