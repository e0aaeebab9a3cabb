/** SQL of what is known of nodes over time: facts, faults of slots, and when an engine last told how all are. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { DismissedFault } from './faults.ts'
import type { FaultReading, SlotFault } from './node-state.ts'

export interface NodeFact {
  readonly at: Date
  /** Past tense: `node.drained`. */
  readonly type: string
  readonly text: string
  /** The key of whoever did it; null for what was found. */
  readonly actor: string | null
}

export async function insertNodeFact(tx: Db, nodeId: string, fact: NodeFact): Promise<void> {
  await tx
    .insertInto('node_fact')
    .values({ node_id: nodeId, ...fact })
    .execute()
}

const FACTS_AT_ONCE = 1000

/** The same fact of many nodes. */
export async function insertNodeFacts(
  tx: Db,
  facts: readonly (NodeFact & { readonly nodeId: string })[],
): Promise<void> {
  for (let from = 0; from < facts.length; from += FACTS_AT_ONCE)
    await tx
      .insertInto('node_fact')
      .values(
        facts
          .slice(from, from + FACTS_AT_ONCE)
          .map(({ nodeId, ...fact }) => ({ node_id: nodeId, ...fact })),
      )
      .execute()
}

/** Newest first. */
export async function listNodeFacts(
  db: Db,
  nodeId: string,
  limit: number,
): Promise<readonly NodeFact[]> {
  return db
    .selectFrom('node_fact')
    .select(['at', 'type', 'text', 'actor'])
    .where('node_id', '=', nodeId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Faults that stand now: of every node, or of one. */
export async function listFaults(db: Db, nodeId?: string): Promise<readonly SlotFault[]> {
  let query = db.selectFrom('slot_fault').selectAll().where('cleared_at', 'is', null)
  if (nodeId !== undefined) query = query.where('node_id', '=', nodeId)
  const rows = await query.orderBy('node_id').orderBy('slot').orderBy('reading').execute()
  return rows.map((row) => ({
    nodeId: row.node_id,
    slot: row.slot,
    reason: row.reason,
    isLost: row.is_lost,
    since: row.since,
    lastGoodAt: row.last_good_at,
    reading: row.reading as FaultReading,
    seenAt:
      row.seen_boot_id === null ? null : { bootId: row.seen_boot_id, seconds: row.seen_at_seconds },
  }))
}

/** What the operator took back of these nodes though a witness may still tell of it: the latest of each slot and boot. */
export async function listDismissedFaults(
  db: Db,
  nodeIds: readonly string[],
): Promise<readonly DismissedFault[]> {
  const { rows } = await sql<{
    node_id: string
    slot: number
    seen_boot_id: string
    seen_at_seconds: number | null
  }>`
    SELECT node_id, slot, seen_boot_id, max(seen_at_seconds) AS seen_at_seconds FROM slot_fault
    WHERE node_id = ANY (${arrayText(nodeIds)}::text[]) AND is_dismissed AND seen_boot_id IS NOT NULL
    GROUP BY 1, 2, 3`.execute(db)
  return rows.map((row) => ({
    nodeId: row.node_id,
    slot: row.slot,
    seenAt: { bootId: row.seen_boot_id, seconds: row.seen_at_seconds },
  }))
}

/** A node that takes the place of another on the same machine has what nobody took back. */
export async function carryFaults(
  tx: Db,
  { fromId, toId, slotCount }: { fromId: string; toId: string; slotCount: number },
): Promise<void> {
  await sql`INSERT INTO slot_fault
      (node_id, slot, reason, is_lost, since, last_good_at, reading, seen_boot_id, seen_at_seconds)
    SELECT ${toId}, slot, reason, is_lost, since, last_good_at, reading, seen_boot_id, seen_at_seconds
    FROM slot_fault
    WHERE node_id = ${fromId} AND cleared_at IS NULL AND reading <> 'engine' AND slot < ${slotCount}`.execute(
    tx,
  )
}

export async function insertFault(tx: Db, fault: SlotFault): Promise<void> {
  await tx
    .insertInto('slot_fault')
    .values({
      node_id: fault.nodeId,
      slot: fault.slot,
      reason: fault.reason,
      is_lost: fault.isLost,
      since: fault.since,
      last_good_at: fault.lastGoodAt,
      reading: fault.reading,
      seen_boot_id: fault.seenAt?.bootId ?? null,
      seen_at_seconds: fault.seenAt?.seconds ?? null,
    })
    .execute()
}

/** The same fault told in other words. */
export async function rewordFault(
  tx: Db,
  { nodeId, slot, reading, reason, seenAt }: SlotFault,
): Promise<void> {
  await tx
    .updateTable('slot_fault')
    .set({
      reason,
      seen_boot_id: seenAt?.bootId ?? null,
      seen_at_seconds: seenAt?.seconds ?? null,
    })
    .where('reading', '=', reading)
    .where('node_id', '=', nodeId)
    .where('slot', '=', slot)
    .where('cleared_at', 'is', null)
    .execute()
}

export async function clearFault(
  tx: Db,
  { nodeId, slot, reading }: Pick<SlotFault, 'nodeId' | 'slot' | 'reading'>,
  { now, isDismissed = false }: { readonly now: Date; readonly isDismissed?: boolean },
): Promise<void> {
  await sql`UPDATE slot_fault
    SET cleared_at = greatest(since, ${now}::timestamptz), is_dismissed = ${isDismissed}
    WHERE node_id = ${nodeId} AND slot = ${slot} AND reading = ${reading} AND cleared_at IS NULL`.execute(
    tx,
  )
}

/** When the engine of a pool last told how all of its nodes and slots are; null: never. */
export async function findReading(db: Db, pool: string): Promise<Date | null> {
  const row = await db
    .selectFrom('pool_reading')
    .select('at')
    .where('pool_name', '=', pool)
    .executeTakeFirst()
  return row?.at ?? null
}

export async function saveReading(tx: Db, pool: string, at: Date): Promise<void> {
  await sql`INSERT INTO pool_reading (pool_name, at) VALUES (${pool}, ${at})
    ON CONFLICT (pool_name) DO UPDATE
      SET at = greatest(pool_reading.at, excluded.at), unreachable_since = NULL`.execute(tx)
}

/** The engine of a pool does not answer. The first instant stands until it answers again. */
export async function noteUnreachable(tx: Db, pool: string, at: Date): Promise<void> {
  await sql`INSERT INTO pool_reading (pool_name, unreachable_since) VALUES (${pool}, ${at})
    ON CONFLICT (pool_name) DO UPDATE
      SET unreachable_since = coalesce(pool_reading.unreachable_since, excluded.unreachable_since)`.execute(
    tx,
  )
}

/** Pools whose engine does not answer now, with since when. */
export async function listUnreachable(db: Db): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await sql<{ pool_name: string; unreachable_since: Date }>`
    SELECT pool_name, unreachable_since FROM pool_reading WHERE unreachable_since IS NOT NULL`.execute(
    db,
  )
  return new Map(rows.map((row) => [row.pool_name, row.unreachable_since]))
}
