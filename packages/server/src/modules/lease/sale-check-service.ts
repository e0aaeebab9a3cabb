/**
 * The last look before work that is sold gets its slots: with all that was sold meanwhile, may there be so much spot? Whoever
 * sells spot on a pool does it alone until the transaction ends, and whoever sells anything else waits for that. So a
 * cycle and a window that decide at one instant never both sell what is left for one.
 */
import { listHeld } from '#modules/book/index.ts'
import { listNodeShapes } from '#modules/fleet/index.ts'
import { listLiveForecasts, SaleRoom } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { readBookings } from './booked-service.ts'
import { readSale } from './demand-service.ts'
import type { Lease } from './lease.ts'
import { lockSales, shareSales } from './sold-store.ts'
import { listPendingLeases } from './store.ts'

function guaranteeMs({ terms }: Lease): number {
  return terms?.guarantee?.ms ?? 0
}

/** For how long the owner will not have it back, as `listSold` counts it from its start. */
function promisedMs({ terms }: Lease): number {
  if (terms === null) return 0
  return terms.by.includes('anchor') ? terms.minimumRunMs : Number.POSITIVE_INFINITY
}

/** Without a forecast that holds, plain spot is sold from all that is free. */
async function isBounded(
  tx: Db,
  pool: string,
  { spot, now }: { readonly spot: readonly Lease[]; readonly now: Date },
): Promise<boolean> {
  if (spot.some((lease) => guaranteeMs(lease) > 0)) return true
  const live = (await listLiveForecasts(tx, now)).get(pool) ?? []
  return live.length > 0 && live.every(({ fallback }) => fallback === null)
}

async function readRoom(tx: Db, pool: string, now: Date): Promise<SaleRoom> {
  const nodes = (await listNodeShapes(tx)).filter((node) => node.pool === pool)
  const on = nodes.map(({ id }) => id)
  const held = await listHeld(tx, on)
  const wants = (await listPendingLeases(tx)).filter(
    (lease) => lease.pool === pool && lease.kind === 'anchor' && (lease.retryAt ?? now) <= now,
  )
  const bookings = await readBookings(tx, { held, nodes, now })
  return new SaleRoom(await readSale(tx, pool, { held, nodes, wants, bookings, now }))
}

/** Their claims are entered; the leases themselves still wait, in the order in which they were decided. */
export async function isOversold(tx: Db, leases: readonly Lease[], now: Date): Promise<boolean> {
  const sold = leases.filter(({ kind, blockId }) => kind !== 'anchor' && blockId === null)
  const byPool = [...Map.groupBy(sold, ({ pool }) => pool)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [pool, own] of byPool) {
    const spot = own.filter(({ kind }) => kind === 'spot')
    await (spot.length === 0 ? shareSales(tx, pool) : lockSales(tx, pool))
    if (spot.length === 0 || !(await isBounded(tx, pool, { spot, now }))) continue
    const room = await readRoom(tx, pool, now)
    for (const lease of own) {
      if (lease.kind === 'spot' && lease.gpus > room.left(guaranteeMs(lease))) return true
      room.sell({ gpus: lease.gpus, promisedMs: promisedMs(lease) })
    }
  }
  return false
}
