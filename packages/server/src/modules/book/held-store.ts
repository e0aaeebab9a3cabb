/** SQL of what is taken now, for a plan that reads all of it at once: only what it needs, and packed. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import { packed, unpack } from '#platform/db/packed.ts'
import { parseSlots } from './slots.ts'
import type { BookedKind } from './store.ts'

/** A claim that is open now. */
export interface Held {
  readonly nodeId: string
  readonly slots: readonly number[]
  readonly kind: BookedKind
  readonly leaseId: string | null
  readonly isDraining: boolean
  /** Since when the owner's work has it; null for all else. */
  readonly anchorSinceMs: number | null
  /** Whose block it is of. */
  readonly blockId: string | null
}

/** Sets of slots are few, however many claims there are. */
function slotsReader(): (text: string) => readonly number[] {
  const known = new Map<string, readonly number[]>()
  return (text) => {
    const slots = known.get(text) ?? parseSlots(text)
    known.set(text, slots)
    return slots
  }
}

/** Every claim that is open now; of some nodes alone where they are given. */
export async function listHeld(db: Db, only?: readonly string[]): Promise<readonly Held[]> {
  const onNodes = only ? sql`AND node_id = ANY (${arrayText(only)}::text[])` : sql``
  const { rows } = await sql<Record<'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g', string | null>>`
    SELECT ${packed(sql`node_id`)} AS a, ${packed(sql`slots`)} AS b, ${packed(sql`kind`)} AS c,
      ${packed(sql`lease_id`)} AS d,
      ${packed(sql`CASE WHEN draining_from IS NOT NULL THEN 1 END`)} AS e,
      ${packed(sql`CASE WHEN kind = 'anchor' THEN floor(extract(epoch FROM starts_at) * 1000) END`)} AS f,
      ${packed(sql`block_id`)} AS g
    FROM claim WHERE ends_at IS NULL ${onNodes}`.execute(db)
  const columns = rows.flatMap(({ a, b, c, d, e, f, g }) => unpack([a, b, c, d, e, f, g]))
  const [nodeIds = [], slots = [], kinds = [], leaseIds = [], draining = []] = columns
  const [anchorSince = [], blockIds = []] = columns.slice(5)
  const slotsOf = slotsReader()
  return nodeIds.map((nodeId, at) => ({
    nodeId,
    slots: slotsOf(slots[at] ?? ''),
    kind: kinds[at] as BookedKind,
    leaseId: leaseIds[at] || null,
    isDraining: draining[at] !== '',
    anchorSinceMs: anchorSince[at] ? Number(anchorSince[at]) : null,
    blockId: blockIds[at] || null,
  }))
}
