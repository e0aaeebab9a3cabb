/**
 * SQL of bookings: GPUs of a pool that are promised from an instant to another, before anybody claims their slots. Whoever
 * books waits for whoever books, or places what stays, on the same pool; the database itself refuses to book what is not there.
 */
import { type Selectable, sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'

export interface Booking {
  /** The block that it is for. */
  readonly id: string
  readonly organizationId: string
  readonly pool: string
  readonly gpus: number
  readonly nodes: number
  readonly fabric: 'same' | 'any'
  readonly leadMs: number
  readonly startsAt: Date
  readonly endsAt: Date
  /** Nodes that it does without for now. */
  readonly nodesLent: number
  readonly closedAt: Date | null
}

function toBooking(row: Selectable<Schema['booking']>): Booking {
  return {
    id: row.id,
    organizationId: row.organization_id,
    pool: row.pool_name,
    gpus: row.gpus,
    nodes: row.nodes,
    fabric: row.fabric as Booking['fabric'],
    leadMs: row.lead_ms,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    nodesLent: row.nodes_lent,
    closedAt: row.closed_at,
  }
}

/** Nobody else books on the pool, nor places there what stays, until this transaction ends. Money is locked before. */
export async function lockBookings(tx: Db, pool: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('booking ' || ${pool}, 0))`.execute(tx)
}

/** Nobody books on these pools until this transaction ends. */
export async function shareBookings(tx: Db, pools: readonly string[]): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(hashtextextended('booking ' || pool, 0))
    FROM (SELECT unnest(${arrayText([...new Set(pools)].toSorted())}::text[]) AS pool) AS pools`.execute(
    tx,
  )
}

/** Fails with `booking_no_oversale` when the pool would have more booked at some instant than it has slots. */
export async function insertBooking(
  tx: Db,
  booking: Omit<Booking, 'nodesLent' | 'closedAt'>,
): Promise<void> {
  const row = {
    id: booking.id,
    organization_id: booking.organizationId,
    pool_name: booking.pool,
    gpus: booking.gpus,
    nodes: booking.nodes,
    fabric: booking.fabric,
    lead_ms: booking.leadMs,
    starts_at: booking.startsAt,
    ends_at: booking.endsAt,
  }
  await tx.insertInto('booking').values(row).execute()
}

/** Those that are not over, the earliest first. */
export async function listBookings(db: Db, pool?: string): Promise<readonly Booking[]> {
  const all = db.selectFrom('booking').selectAll().where('closed_at', 'is', null)
  const rows = await (pool === undefined ? all : all.where('pool_name', '=', pool))
    .orderBy('starts_at')
    .orderBy('id')
    .execute()
  return rows.map(toBooking)
}

export async function lockBooking(tx: Db, id: string): Promise<Booking | null> {
  const row = await tx
    .selectFrom('booking')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? null : toBooking(row)
}

export async function findBooking(db: Db, id: string): Promise<Booking | null> {
  const row = await db.selectFrom('booking').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : toBooking(row)
}

/** From now on nothing comes back to it. The caller has locked it, and closes its claims. */
export async function closeBooking(tx: Db, id: string, closedAt: Date): Promise<void> {
  await tx.updateTable('booking').set({ closed_at: closedAt }).where('id', '=', id).execute()
}

/** Slots of some nodes that nobody gives way on now. */
export async function countFirm(db: Db, nodeIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ slots: number }>`
    SELECT coalesce(sum(upper(slot) - lower(slot)), 0)::int4 AS slots
    FROM claim, unnest(slots) AS slot
    WHERE ends_at IS NULL AND kind NOT IN ('spot', 'flex') AND node_id = ANY (${arrayText(nodeIds)}::text[])`.execute(
    db,
  )
  return rows[0]?.slots ?? 0
}

/** How many of its nodes a block does without from now on. The caller has locked the booking. */
export async function lendNodes(tx: Db, id: string, nodesLent: number): Promise<void> {
  await tx.updateTable('booking').set({ nodes_lent: nodesLent }).where('id', '=', id).execute()
}
