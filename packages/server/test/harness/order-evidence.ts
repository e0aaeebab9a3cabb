/** Reads what became of orders, straight from the database of an installation, past everything that could be wrong. */
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Database, openDatabase } from '#platform/db/database.ts'
import { readOrMakeRecord, renderUrl } from '#platform/db/embedded/connection-record.ts'

export interface OrderEvidence {
  /** By id. */
  readonly states: ReadonlyMap<string, string>
  readonly clearings: readonly string[]
  /** Leases of several orders, filled orders without a lease, and leases at an auction's price of no order. */
  readonly filledTwice: number
  readonly filledWithNothing: number
  readonly leasesOfNoOrder: number
  /** Money held for orders that are over, open orders without any, and money held for leases that have ended. */
  readonly holdsLeaked: number
  readonly holdsMissing: number
  readonly leaseHoldsLeaked: number
  /** Clearings whose fills are not what they say: more, fewer, or at another price. */
  readonly clearingsBroken: number
}

const COUNTS = {
  filledTwice: sql<{ count: string }>`
    SELECT count(*) FROM (SELECT lease_id FROM market_order WHERE lease_id IS NOT NULL
      GROUP BY lease_id HAVING count(*) > 1) AS several`,
  filledWithNothing: sql<{ count: string }>`
    SELECT count(*) FROM market_order o LEFT JOIN lease l ON l.id = o.lease_id
    WHERE o.state = 'filled' AND (l.id IS NULL OR l.gpus <> o.gpus OR l.organization_id <> o.organization_id)`,
  leasesOfNoOrder: sql<{ count: string }>`
    SELECT count(*) FROM lease l LEFT JOIN market_order o ON o.lease_id = l.id
    WHERE l.agreed_price_id IS NOT NULL AND o.id IS NULL`,
  holdsLeaked: sql<{ count: string }>`
    SELECT count(*) FROM hold h LEFT JOIN market_order o ON o.hold_id = h.id AND o.closed_at IS NULL
    WHERE h.purpose = 'order' AND h.state = 'held' AND o.id IS NULL`,
  holdsMissing: sql<{ count: string }>`
    SELECT count(*) FROM market_order o LEFT JOIN hold h ON h.id = o.hold_id AND h.state = 'held'
    WHERE o.closed_at IS NULL AND h.id IS NULL`,
  leaseHoldsLeaked: sql<{ count: string }>`
    SELECT count(*) FROM hold h LEFT JOIN lease l ON l.hold_id = h.id AND l.state <> 'ended'
    WHERE h.purpose = 'lease' AND h.state = 'held' AND l.id IS NULL`,
  clearingsBroken: sql<{ count: string }>`
    SELECT count(*) FROM clearing c LEFT JOIN (
      SELECT clearing_id, count(*) AS fills, sum(gpus) AS gpus, min(price_usd) AS least, max(price_usd) AS most
      FROM market_order WHERE clearing_id IS NOT NULL GROUP BY clearing_id) f ON f.clearing_id = c.id
    WHERE c.accepted <> coalesce(f.fills, 0) OR c.gpus_sold <> coalesce(f.gpus, 0)
      OR f.least <> c.price_usd OR f.most <> c.price_usd`,
} as const

async function countAll(db: Database): Promise<Record<keyof typeof COUNTS, number>> {
  const names = Object.keys(COUNTS) as (keyof typeof COUNTS)[]
  const counts = await Promise.all(
    names.map(async (name) => [name, Number((await COUNTS[name].execute(db)).rows[0]?.count)]),
  )
  return Object.fromEntries(counts) as Record<keyof typeof COUNTS, number>
}

export async function readOrderEvidence(dataDir: string): Promise<OrderEvidence> {
  const url = renderUrl(readOrMakeRecord(dataDir), join(dataDir, 'postgres/socket'))
  const db = openDatabase(url)
  try {
    const orders = await db.selectFrom('market_order').select(['id', 'state']).execute()
    const clearings = await db.selectFrom('clearing').select('id').execute()
    return {
      states: new Map(orders.map(({ id, state }) => [id, state])),
      clearings: clearings.map(({ id }) => id),
      ...(await countAll(db)),
    }
  } finally {
    await db.destroy()
  }
}
