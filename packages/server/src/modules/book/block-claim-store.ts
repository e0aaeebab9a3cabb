/**
 * SQL of the claims of blocks. A slot that a block has and no lease of it uses is claimed by the block itself; a lease of
 * the block takes over the slots that it runs on, and gives them back with its end. So the slots are the block's throughout.
 */
import { sql } from 'kysely'
import { type IdSource, newId } from '#kernel/ids.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import { parseSlots, renderSlots } from './slots.ts'

/** An open claim of a block. */
export interface BlockClaim {
  readonly id: string
  readonly blockId: string
  readonly nodeId: string
  readonly slots: readonly number[]
  /** Null: nobody uses it. */
  readonly leaseId: string | null
}

interface SlotsOfNode {
  readonly nodeId: string
  readonly slots: readonly number[]
}

/** A claim of a block that a lease has left. */
export interface LeftClaim extends SlotsOfNode {
  readonly blockId: string
  readonly organizationId: string
  readonly endsAt: Date
}

interface Opening {
  readonly blockId: string
  readonly organizationId: string
  readonly leaseId: string | null
  readonly now: Date
  readonly ids: IdSource
}

/** Enters claims of a block, all of them or none; fails with `claim_no_double_sale` when a slot is taken. */
export async function openBlockClaims(
  tx: Db,
  placements: readonly SlotsOfNode[],
  { blockId, organizationId, leaseId, now, ids }: Opening,
): Promise<void> {
  if (placements.length === 0) return
  const claimIds = placements.map(() => newId('claim', ids))
  await sql`INSERT INTO claim (id, node_id, slots, kind, lease_id, block_id, organization_id, starts_at)
    SELECT id, node_id, slots::int4multirange, 'reserved', ${leaseId}, ${blockId}, ${organizationId},
      ${now}::timestamptz
    FROM unnest(
      ${arrayText(claimIds)}::text[], ${arrayText(placements.map(({ nodeId }) => nodeId))}::text[],
      ${arrayText(placements.map(({ slots }) => renderSlots(slots)))}::text[]
    ) AS new (id, node_id, slots)`.execute(tx)
}

interface Row {
  readonly id: string
  readonly block_id: string
  readonly node_id: string
  readonly slots: string
  readonly lease_id: string | null
}

function toClaim(row: Row): BlockClaim {
  const { id, block_id: blockId, node_id: nodeId, lease_id: leaseId } = row
  return { id, blockId, nodeId, leaseId, slots: parseSlots(row.slots) }
}

/** The open claims of one block, or of all; by node. */
export async function listBlockClaims(db: Db, blockId?: string): Promise<readonly BlockClaim[]> {
  const one = blockId === undefined ? sql`block_id IS NOT NULL` : sql`block_id = ${blockId}`
  const { rows } = await sql<Row>`
    SELECT id, block_id, node_id, slots::text AS slots, lease_id FROM claim
    WHERE ends_at IS NULL AND ${one} ORDER BY node_id, id`.execute(db)
  return rows.map(toClaim)
}

/** Ends claims of a block that no lease has, on one node or on all, and says what they were of. */
export async function closeIdleClaims(
  tx: Db,
  {
    blockId,
    nodeId,
    at,
  }: { readonly blockId: string; readonly nodeId?: string; readonly at: Date },
): Promise<readonly SlotsOfNode[]> {
  const where = nodeId === undefined ? sql`` : sql`AND node_id = ${nodeId}`
  const { rows } = await sql<Row>`
    UPDATE claim SET ends_at = greatest(starts_at, ${at}::timestamptz)
    WHERE block_id = ${blockId} AND lease_id IS NULL AND ends_at IS NULL ${where}
    RETURNING id, block_id, node_id, slots::text AS slots, lease_id`.execute(tx)
  return rows.map(toClaim).map(({ nodeId: node, slots }) => ({ nodeId: node, slots }))
}

/** Whether the block goes on; until this transaction ends it is not closed by anybody else. */
async function isOpen(tx: Db, blockId: string): Promise<boolean> {
  const { rows } = await sql`SELECT id FROM booking WHERE id = ${blockId} AND closed_at IS NULL
    FOR SHARE`.execute(tx)
  return rows.length === 1
}

/** Gives slots of a block to a lease of it. False where the block has not all of them idle, or is over. */
export async function takeFromBlock(
  tx: Db,
  placements: readonly SlotsOfNode[],
  opening: Opening,
): Promise<boolean> {
  const { blockId, now } = opening
  if (!(await isOpen(tx, blockId))) return false
  for (const { nodeId, slots } of placements) {
    const idle = (await closeIdleClaims(tx, { blockId, nodeId, at: now })).flatMap(
      (claim) => claim.slots,
    )
    const rest = idle.filter((slot) => !slots.includes(slot))
    if (idle.length - rest.length !== slots.length) return false
    const left = rest.length === 0 ? [] : [{ nodeId, slots: rest }]
    await openBlockClaims(tx, left, { ...opening, leaseId: null })
  }
  await openBlockClaims(tx, placements, opening)
  return true
}

/** What a lease of a block left is the block's again from that instant on, unless that is over. */
export async function returnToBlock(
  tx: Db,
  left: readonly LeftClaim[],
  ids: IdSource,
): Promise<void> {
  for (const { blockId, organizationId, nodeId, slots, endsAt } of left)
    if (await isOpen(tx, blockId))
      await openBlockClaims(tx, [{ nodeId, slots }], {
        ...{ blockId, organizationId, leaseId: null, now: endsAt, ids },
      })
}

/** What a lease has of a block is its own from an instant on, as on demand. */
export async function leaveBlockClaims(
  tx: Db,
  { leaseId, at, ids }: { readonly leaseId: string; readonly at: Date; readonly ids: IdSource },
): Promise<void> {
  const { rows } = await sql<Row & { organization_id: string; ends_at: Date }>`
    UPDATE claim SET ends_at = greatest(starts_at, ${at}::timestamptz)
    WHERE lease_id = ${leaseId} AND block_id IS NOT NULL AND ends_at IS NULL
    RETURNING id, block_id, node_id, slots::text AS slots, lease_id, organization_id, ends_at`.execute(
    tx,
  )
  const claimIds = rows.map(() => newId('claim', ids))
  await sql`INSERT INTO claim (id, node_id, slots, kind, lease_id, organization_id, starts_at)
    SELECT id, node_id, slots::int4multirange, 'on_demand', ${leaseId}, organization_id, starts_at
    FROM unnest(
      ${arrayText(claimIds)}::text[], ${arrayText(rows.map((row) => row.node_id))}::text[],
      ${arrayText(rows.map((row) => row.slots))}::text[],
      ${arrayText(rows.map((row) => row.organization_id))}::text[],
      ${arrayText(rows.map((row) => row.ends_at.toISOString()))}::timestamptz[]
    ) AS new (id, node_id, slots, organization_id, starts_at)`.execute(tx)
}

/** GPU-time that a block had within a window, and the part of it that leases had. Open claims go on to the window's end. */
export async function sumBlockTime(
  db: Db,
  blockId: string,
  window: { readonly from: Date; readonly to: Date },
): Promise<{ readonly heldMs: number; readonly usedMs: number }> {
  const { rows } = await sql<{ slots: string; lease_id: string | null; ms: number }>`
    SELECT slots::text AS slots, lease_id, 1000 * extract(epoch FROM
      least(coalesce(ends_at, ${window.to}), ${window.to}) - greatest(starts_at, ${window.from}))::float8 AS ms
    FROM claim
    WHERE block_id = ${blockId} AND starts_at < ${window.to} AND (ends_at IS NULL OR ends_at > ${window.from})`.execute(
    db,
  )
  let [heldMs, usedMs] = [0, 0]
  for (const { slots, lease_id, ms } of rows) {
    const slotMs = parseSlots(slots).length * Math.round(ms)
    heldMs += slotMs
    if (lease_id !== null) usedMs += slotMs
  }
  return { heldMs, usedMs }
}

/** Slot-time that spot and flex leases had on some slots within a window. Open claims go on to its end. */
export async function listSoldOn(
  db: Db,
  placements: readonly SlotsOfNode[],
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<
  readonly {
    readonly leaseId: string
    readonly slots: number
    readonly fromMs: number
    readonly toMs: number
  }[]
> {
  const { rows } = await sql<{
    lease_id: string
    node_id: string
    slots: string
    from_at: Date
    to_at: Date
  }>`
    SELECT lease_id, node_id, slots::text AS slots, greatest(starts_at, ${from}::timestamptz) AS from_at,
      least(coalesce(ends_at, ${to}::timestamptz), ${to}::timestamptz) AS to_at
    FROM claim
    WHERE kind IN ('spot', 'flex') AND lease_id IS NOT NULL
      AND node_id = ANY (${arrayText(placements.map(({ nodeId }) => nodeId))}::text[])
      AND starts_at < ${to} AND (ends_at IS NULL OR ends_at > ${from})
    ORDER BY lease_id, starts_at`.execute(db)
  const lent = new Map(placements.map(({ nodeId, slots }) => [nodeId, new Set(slots)]))
  return rows.flatMap(({ lease_id: leaseId, node_id, slots, from_at, to_at }) => {
    const count = parseSlots(slots).filter((slot) => lent.get(node_id)?.has(slot)).length
    const span = { leaseId, slots: count, fromMs: from_at.getTime(), toMs: to_at.getTime() }
    return count === 0 || span.toMs <= span.fromMs ? [] : [span]
  })
}
