/** SQL of looks at deployments. They are written once and never changed. */
import { type Selectable, sql } from 'kysely'
import { type Money, money, renderMoney } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Look } from './look.ts'

type Row = Selectable<Schema['replica_bid']>

const text = (amount: Money | null) => (amount === null ? null : renderMoney(amount))
const amount = (value: string | null) => (value === null ? null : money(value))
const instant = (ms: number | null) => (ms === null ? null : new Date(ms))

export async function insertLook(tx: Db, look: Look): Promise<void> {
  await tx
    .insertInto('replica_bid')
    .values({
      deployment_id: look.deploymentId,
      at: new Date(look.atMs),
      span_ms: look.spanMs,
      requests: look.requests,
      tokens_per_second: look.tokensPerSecond,
      pace: look.pace,
      places: look.places,
      demand: look.demand,
      replicas_ready: look.replicasReady,
      is_whole: look.isWhole,
      idle_since: instant(look.idleSinceMs),
      full_earning: text(look.fullEarning),
      energy: renderMoney(look.energy),
      bids: JSON.stringify(look.bids.map(text)),
      bid_next: text(look.bidNext),
      ask: renderMoney(look.ask.price),
      ask_basis: look.ask.basis,
      sell: renderMoney(look.sell.price),
      sell_basis: look.sell.basis,
      stance: look.stance.kind,
      stance_since: new Date(look.stance.sinceMs),
      replicas_from: look.from,
      replicas_to: look.to,
      why: look.why,
      text: look.text,
    })
    .execute()
}

function toLook(row: Row): Look {
  const basis = (value: string) => value as Look['ask']['basis']
  return {
    deploymentId: row.deployment_id,
    atMs: row.at.getTime(),
    spanMs: row.span_ms,
    requests: row.requests,
    tokensPerSecond: row.tokens_per_second,
    pace: row.pace,
    places: row.places,
    demand: row.demand,
    replicasReady: row.replicas_ready,
    isWhole: row.is_whole,
    idleSinceMs: row.idle_since?.getTime() ?? null,
    fullEarning: amount(row.full_earning),
    energy: money(row.energy),
    bids: (row.bids as (string | null)[]).map(amount),
    bidNext: amount(row.bid_next),
    ask: { price: money(row.ask), basis: basis(row.ask_basis) },
    sell: { price: money(row.sell), basis: basis(row.sell_basis) },
    stance: {
      kind: row.stance as Look['stance']['kind'],
      sinceMs: row.stance_since.getTime(),
    },
    from: row.replicas_from,
    to: row.replicas_to,
    why: row.why as Look['why'],
    text: row.text,
  }
}

/** Oldest first. */
export async function listLooksSince(
  db: Db,
  deploymentId: string,
  since: Date,
): Promise<readonly Look[]> {
  const rows = await db
    .selectFrom('replica_bid')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .where('at', '>=', since)
    .orderBy('at')
    .execute()
  return rows.map(toLook)
}

/** Every n-th of a stretch, such that there are no more than `points`, the last always among them; oldest first. */
export async function listLooksSpread(
  db: Db,
  deploymentId: string,
  { from, to, points }: { readonly from: Date; readonly to: Date; readonly points: number },
): Promise<readonly Look[]> {
  const { rows } = await sql<Row>`
    SELECT * FROM (
      SELECT *, row_number() OVER (ORDER BY at DESC) AS number, count(*) OVER () AS looks
      FROM replica_bid
      WHERE deployment_id = ${deploymentId} AND at >= ${from} AND at <= ${to}) AS numbered
    WHERE (number - 1) % ceil(looks::numeric / ${points})::bigint = 0
    ORDER BY at`.execute(db)
  return rows.map(toLook)
}

/** Looks that changed the number of replicas, newest first. */
export async function listMoves(
  db: Db,
  deploymentId: string,
  limit: number,
): Promise<readonly Look[]> {
  const rows = await db
    .selectFrom('replica_bid')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .whereRef('replicas_from', '<>', 'replicas_to')
    .orderBy('at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toLook)
}

/** The latest look at each of these deployments, by deployment. */
export async function findLatestLooks(
  db: Db,
  deploymentIds: readonly string[],
): Promise<ReadonlyMap<string, Look>> {
  const { rows } = await sql<Row>`
    SELECT latest.* FROM unnest(${arrayText(deploymentIds)}::text[]) AS wanted (id)
    CROSS JOIN LATERAL (
      SELECT * FROM replica_bid WHERE deployment_id = wanted.id ORDER BY at DESC LIMIT 1) AS latest`.execute(
    db,
  )
  return new Map(rows.map((row) => [row.deployment_id, toLook(row)]))
}

export interface Turns {
  readonly startedAt: Date | null
  readonly drainedAt: Date | null
}

/** When replicas were last added and taken away. */
export async function findTurns(db: Db, deploymentId: string): Promise<Turns> {
  const { rows } = await sql<{ started_at: Date | null; drained_at: Date | null }>`
    SELECT max(at) FILTER (WHERE replicas_to > replicas_from) AS started_at,
      max(at) FILTER (WHERE replicas_to < replicas_from) AS drained_at
    FROM replica_bid WHERE deployment_id = ${deploymentId} AND replicas_from <> replicas_to`.execute(
    db,
  )
  return { startedAt: rows[0]?.started_at ?? null, drainedAt: rows[0]?.drained_at ?? null }
}

/** Tokens a second of a replica while it worked: no more than that in nineteen of twenty looks since an instant. */
export async function findPace(db: Db, deploymentId: string, since: Date): Promise<number | null> {
  const { rows } = await sql<{ pace: number | null }>`
    SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY pace) AS pace FROM replica_bid
    WHERE deployment_id = ${deploymentId} AND at >= ${since} AND pace IS NOT NULL`.execute(db)
  return rows[0]?.pace ?? null
}

export async function deleteOldLooks(tx: Db, before: Date): Promise<void> {
  await tx.deleteFrom('replica_bid').where('at', '<', before).execute()
}
