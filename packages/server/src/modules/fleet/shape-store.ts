/** SQL of what placement asks of nodes and no more, because a pool may have thousands of them. */
import { sql } from 'kysely'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import { packed, unpack } from '#platform/db/packed.ts'

export interface NodeShape {
  readonly id: string
  readonly pool: string
  readonly slotCount: number
  readonly isReady: boolean
  readonly fabric: string | null
}

/** The shape of every node that is part of the fleet now, in the order of pool and name. */
export async function listNodeShapes(db: Db): Promise<readonly NodeShape[]> {
  const { rows } = await sql<Record<'a' | 'b' | 'c' | 'd' | 'e', string | null>>`
    SELECT ${packed(sql`id`)} AS a, ${packed(sql`pool_name`)} AS b, ${packed(sql`slot_count`)} AS c,
      ${packed(sql`state`)} AS d, ${packed(sql`fabric`)} AS e
    FROM (SELECT * FROM node WHERE retired_at IS NULL ORDER BY pool_name, name) AS node`.execute(db)
  const [ids = [], pools = [], slotCounts = [], states = [], fabrics = []] = rows.flatMap(
    ({ a, b, c, d, e }) => unpack([a, b, c, d, e]),
  )
  return ids.map((id, at) => ({
    id,
    pool: pools[at] ?? '',
    slotCount: Number(slotCounts[at]),
    isReady: states[at] === 'ready',
    fabric: fabrics[at] || null,
  }))
}

/** How many nodes of one make a pool has now. */
export interface NodeMake {
  readonly pool: string
  readonly slotCount: number
  readonly fabric: string | null
  readonly nodes: number
}

/** What pools could hold at most: a few makes of node each, however many nodes. */
export async function countNodeMakes(
  db: Db,
  pools: readonly string[],
): Promise<readonly NodeMake[]> {
  const { rows } = await sql<{
    pool_name: string
    slot_count: number
    fabric: string | null
    nodes: number
  }>`SELECT pool_name, slot_count, fabric, count(*)::int4 AS nodes FROM node
    WHERE retired_at IS NULL AND pool_name = ANY (${arrayText(pools)}::text[])
    GROUP BY pool_name, slot_count, fabric`.execute(db)
  return rows.map(({ pool_name: pool, slot_count: slotCount, fabric, nodes }) => ({
    ...{ pool, slotCount, fabric, nodes },
  }))
}
