/**
 * Keeps leases waiting that their organization's quota does not allow any more: it was lowered since they were made. They
 * take no part in the plan, so that what can not start keeps no room from others.
 */
import { findExcess, type QuotaWish } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { isSoldByHour, type Lease } from './lease.ts'

interface LeaseWish extends QuotaWish {
  readonly lease: Lease
}

/** What waits does not count here: each is asked whether it may have slots as well. */
const PARTS = ['held'] as const

function toWish(lease: Lease): LeaseWish[] {
  const { kind, organizationId, projectId, pool, gpus, blockId } = lease
  return isSoldByHour(kind) && blockId === null
    ? [{ lease, organizationId, projectId, pool, tier: kind, gpus }]
    : []
}

/** Those that may get slots, in their order, and why the others may not. */
export async function splitByQuota(
  tx: Db,
  leases: readonly Lease[],
  { now, isTurn = false }: { readonly now: Date; readonly isTurn?: boolean },
): Promise<{ readonly allowed: readonly Lease[]; readonly excess: ReadonlyMap<string, string> }> {
  const wishes = leases.flatMap(toWish)
  if (wishes.length === 0) return { allowed: leases, excess: new Map() }
  const found = await findExcess(tx, wishes, { parts: PARTS, now, isTurn })
  const excess = new Map([...found].map(([{ lease }, why]) => [lease.id, why]))
  return { allowed: leases.filter(({ id }) => !excess.has(id)), excess }
}
