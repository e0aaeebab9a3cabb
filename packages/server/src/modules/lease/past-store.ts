/** SQL of how long leases of a pool ran of late, and of what was asked for. */
import type { LeaseKind } from '@spillway/contract'
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'

const ENDED_MAX = 1000
const ASKED_MAX = 500

/** By kind, how long those ran that ended since an instant, in rising order. */
export async function listLifetimes(
  db: Db,
  pool: string,
  since: Date,
): Promise<ReadonlyMap<LeaseKind, readonly number[]>> {
  const { rows } = await sql<{ kind: string; ran_ms: number }>`
    SELECT kind, (1000 * extract(epoch FROM ended_at - started_at))::float8 AS ran_ms FROM (
      SELECT kind, started_at, ended_at FROM lease
      WHERE pool_name = ${pool} AND state = 'ended' AND ended_at > ${since} AND started_at IS NOT NULL
      ORDER BY ended_at DESC LIMIT ${ENDED_MAX}
    ) AS ended ORDER BY ran_ms`.execute(db)
  return new Map(
    [...Map.groupBy(rows, ({ kind }) => kind as LeaseKind)].map(([kind, own]) => [
      kind,
      own.map(({ ran_ms }) => ran_ms),
    ]),
  )
}

/** What was asked of a pool since an instant, but for the owner's own work. */
export interface Asked {
  readonly id: string
  readonly kind: LeaseKind
  readonly gpus: number
  readonly nodes: number
  readonly limitMs: number | null
}

export async function listAsked(db: Db, pool: string, since: Date): Promise<readonly Asked[]> {
  const rows = await db
    .selectFrom('lease')
    .select(['id', 'kind', 'gpus', 'nodes', 'time_limit_ms'])
    .where('pool_name', '=', pool)
    .where('kind', '<>', 'anchor')
    .where('created_at', '>', since)
    .orderBy('created_at', 'desc')
    .limit(ASKED_MAX)
    .execute()
  return rows.map(({ id, kind, gpus, nodes, time_limit_ms: limit }) => ({
    ...{ id, kind: kind as LeaseKind, gpus, nodes, limitMs: limit === null ? null : Number(limit) },
  }))
}

/** Whether more leases than so many of a pool have not ended. */
export async function hasMoreOpen(db: Db, pool: string, most: number): Promise<boolean> {
  const { rows } = await sql`SELECT FROM lease WHERE pool_name = ${pool} AND state <> 'ended'
    LIMIT ${most + 1}`.execute(db)
  return rows.length > most
}
