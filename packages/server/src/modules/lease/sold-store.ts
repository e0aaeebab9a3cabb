/** SQL of what is sold of each pool, and for how long the owner cannot have it back. */
import { sql } from 'kysely'
import type { LimitedWork, Sold, SoldPromise } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'

/** Nobody else is sold anything of the pool until this transaction ends. Taken last, after money, claims and bookings. */
export async function lockSales(tx: Db, pool: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('sale ' || ${pool}, 0))`.execute(tx)
}

/** Nobody is sold spot of the pool until this transaction ends. Taken as late. */
export async function shareSales(tx: Db, pool: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(hashtextextended('sale ' || ${pool}, 0))`.execute(
    tx,
  )
}

/**
 * By pool. What its terms keep from the owner altogether is promised for good; what they protect for a while, from its
 * start for so long; and what has had its notice is promised no more, though it still has its slots.
 */
export async function listSold(db: Db, now: Date): Promise<ReadonlyMap<string, readonly Sold[]>> {
  const { rows } = await sql<{ pool_name: string; gpus: number; promised_ms: number }>`
    SELECT pool_name, sum(gpus)::int4 AS gpus, promised_ms FROM (
      SELECT pool_name, gpus, CASE
        WHEN state = 'reclaiming' THEN 0
        WHEN NOT terms->'by' @> '"anchor"' THEN 'Infinity'
        ELSE greatest(0, (terms->>'minimumRunMs')::float8
          - 1000 * extract(epoch FROM ${now}::timestamptz - coalesce(started_at, ${now}::timestamptz)))
      END::float8 AS promised_ms
      FROM lease
      WHERE kind <> 'anchor' AND state IN ('starting', 'running', 'reclaiming')
    ) AS open GROUP BY pool_name, promised_ms`.execute(db)
  return new Map(
    [...Map.groupBy(rows, ({ pool_name }) => pool_name)].map(([pool, own]) => [
      pool,
      own.map(({ gpus, promised_ms: promisedMs }) => ({ gpus, promisedMs })),
    ]),
  )
}

/**
 * Spot with a guarantee whose time came to its end after an instant: whole, with its lease, or broken by a reclaim. Of a
 * lease that started again, earlier attempts count where they were broken.
 */
export async function listEndedPromises(db: Db, since: Date): Promise<readonly SoldPromise[]> {
  const { rows } = await sql<{
    pool_name: string
    ms: number
    began_at: Date
    ended_at: Date
    is_broken: boolean
  }>`
    SELECT * FROM (
      SELECT pool_name, (terms->'guarantee'->>'ms')::float8 AS ms, started_at AS began_at,
        least(ended_at, started_at + (terms->'guarantee'->>'ms')::float8 * interval '1 ms') AS ended_at,
        false AS is_broken
      FROM lease AS held
      WHERE terms ? 'guarantee' AND started_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM reclaim WHERE lease_id = held.id AND attempt = held.attempt
          AND gone_at < held.started_at + (held.terms->'guarantee'->>'ms')::float8 * interval '1 ms')
      UNION ALL
      SELECT pool_name, (terms->'guarantee'->>'ms')::float8, coalesce(started_at, decided_at), gone_at, true
      FROM reclaim
      WHERE terms ? 'guarantee' AND gone_at IS NOT NULL AND (started_at IS NULL
        OR gone_at < started_at + (terms->'guarantee'->>'ms')::float8 * interval '1 ms')
    ) AS promise WHERE ended_at > ${since}`.execute(db)
  return rows.map(({ pool_name: pool, ms, began_at, ended_at, is_broken: isBroken }) => ({
    ...{ pool, hours: ms / 3_600_000, beganAt: began_at, endedAt: ended_at, isBroken },
  }))
}

/** The owner's work that runs, with when its time limit ends it. */
export async function listRunningAnchors(db: Db): Promise<readonly LimitedWork[]> {
  const rows = await db
    .selectFrom('lease')
    .select(['pool_name', 'organization_id', 'gpus', 'started_at', 'time_limit_ms', 'ran_ms'])
    .where('kind', '=', 'anchor')
    .where('state', 'in', ['running', 'reclaiming'])
    .execute()
  return rows.map(({ pool_name: pool, organization_id: organizationId, gpus, ...row }) => ({
    ...{ pool, organizationId, gpus },
    endsByMs:
      row.time_limit_ms === null || row.started_at === null
        ? null
        : row.started_at.getTime() + Math.max(0, Number(row.time_limit_ms - row.ran_ms)),
  }))
}
