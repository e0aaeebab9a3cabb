/**
 * The last look before work that stays gets its slots: with it, is there still room for all that is booked while it may run?
 * Bookings of the pool stand still until the transaction ends, so that a sale of a block and a start never both rely on the
 * same slot, however they meet.
 */
import { countFirm, listBlockClaims, listBookings, shareBookings } from '#modules/book/index.ts'
import { listNodeShapes } from '#modules/fleet/index.ts'
import { type Booked, bookedWithin } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { BLOCK_STAY_SLACK_MS } from '../../limits.ts'
import { type Lease, limitLeftMs } from './lease.ts'

/** How long a lease may have its slots once it gets them; null where nobody knows. */
export function staysMs({
  timeLimitMs,
  ranMs,
  graceMs,
  requeue,
}: Pick<Lease, 'timeLimitMs' | 'ranMs' | 'graceMs' | 'requeue'>): number | null {
  const leftMs = limitLeftMs({ timeLimitMs, ranMs })
  if (leftMs === null || requeue !== 'never') return null
  return leftMs + graceMs + BLOCK_STAY_SLACK_MS
}

/** Whether it gives way to nobody that was sold something. */
function isStaying({ kind }: Lease): boolean {
  return kind === 'on_demand' || kind === 'serving'
}

/** What the blocks of a pool are promised beside what they have. */
export async function listBooked(tx: Db, pool: string): Promise<readonly Booked[]> {
  const bookings = await listBookings(tx, pool)
  if (bookings.length === 0) return []
  const held = new Map<string, number>()
  for (const { blockId, slots } of await listBlockClaims(tx))
    held.set(blockId, (held.get(blockId) ?? 0) + slots.length)
  return bookings.map(({ id: blockId, startsAt, endsAt, gpus }) => ({
    ...{ blockId, startsMs: startsAt.getTime(), endsMs: endsAt.getTime() },
    slots: Math.max(0, gpus - (held.get(blockId) ?? 0)),
  }))
}

/** The claims of these leases are entered already. */
export async function isBookedOtherwise(
  tx: Db,
  leases: readonly Lease[],
  now: Date,
): Promise<boolean> {
  const byPool = Map.groupBy(leases.filter(isStaying), ({ pool }) => pool)
  if (byPool.size === 0) return false
  await shareBookings(tx, [...byPool.keys()])
  for (const [pool, own] of byPool) {
    const booked = await listBooked(tx, pool)
    if (booked.length === 0) continue
    const stayMs = Math.max(...own.map((lease) => staysMs(lease) ?? Number.POSITIVE_INFINITY))
    const most = bookedWithin(booked, now.getTime(), now.getTime() + stayMs)
    const nodes = (await listNodeShapes(tx)).filter((node) => node.pool === pool && node.isReady)
    const slots = nodes.reduce((sum, { slotCount }) => sum + slotCount, 0)
    const firm = await countFirm(
      tx,
      nodes.map(({ id }) => id),
    )
    if (most > 0 && slots - firm < most) return true
  }
  return false
}
