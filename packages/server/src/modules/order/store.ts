/** SQL of orders. */
import type { OrderState, OrderTier } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import { money, type Money, renderMoney } from '#kernel/money.ts'
import type { LeaseRequest } from '#modules/lease/index.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Order } from './order.ts'

/** An order with what its lease will be asked for. */
export interface WholeOrder extends Order {
  readonly request: LeaseRequest
}

function toMoney(text: string | null): Money | null {
  return text === null ? null : money(text)
}

function toOrder(row: Selectable<Schema['market_order']>): WholeOrder {
  return {
    id: row.id,
    sequence: Number(row.sequence),
    organizationId: row.organization_id,
    projectId: row.project_id,
    tier: row.tier as OrderTier,
    state: row.state as OrderState,
    pool: row.pool_name,
    gpus: row.gpus,
    nodes: row.nodes,
    fabric: row.fabric as Order['fabric'],
    guaranteeHours: row.guarantee_hours,
    limit: toMoney(row.limit_usd),
    request: row.request as LeaseRequest,
    holdId: row.hold_id,
    leaseId: row.lease_id,
    clearingId: row.clearing_id,
    priceUsd: toMoney(row.price_usd),
    text: row.text,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    closedAt: row.closed_at,
  }
}

export async function insertOrder(
  tx: Db,
  order: Omit<WholeOrder, 'sequence' | 'clearingId'>,
): Promise<WholeOrder> {
  const row = await tx
    .insertInto('market_order')
    .values({
      id: order.id,
      organization_id: order.organizationId,
      project_id: order.projectId,
      tier: order.tier,
      state: order.state,
      pool_name: order.pool,
      gpus: order.gpus,
      nodes: order.nodes,
      fabric: order.fabric,
      guarantee_hours: order.guaranteeHours,
      limit_usd: order.limit === null ? null : renderMoney(order.limit),
      request: JSON.stringify({ ...order.request, maxPriceUsd: null, agreedPrice: null }),
      hold_id: order.holdId,
      lease_id: order.leaseId,
      price_usd: order.priceUsd === null ? null : renderMoney(order.priceUsd),
      text: order.text,
      created_at: order.createdAt,
      expires_at: order.expiresAt,
      closed_at: order.closedAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toOrder(row)
}

export async function findOrder(db: Db, id: string): Promise<WholeOrder | null> {
  const row = await db
    .selectFrom('market_order')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? null : toOrder(row)
}

export async function lockOrder(tx: Db, id: string): Promise<WholeOrder | null> {
  const query = tx.selectFrom('market_order').selectAll().where('id', '=', id).forUpdate()
  const row = await query.executeTakeFirst()
  return row === undefined ? null : toOrder(row)
}

/** Open orders of a pool that are over at an instant, locked. */
export async function lockExpiredOrders(
  tx: Db,
  pool: string,
  { at, limit }: { readonly at: Date; readonly limit: number },
): Promise<readonly WholeOrder[]> {
  const query = openOrders(tx, pool).where('expires_at', '<=', at).orderBy('sequence')
  return (await query.limit(limit).forUpdate().execute()).map(toOrder)
}

/** The open orders of a pool for spot with a guarantee, or 0: without, that came before a window ended; locked, the highest first. */
export async function lockBids(
  tx: Db,
  pool: string,
  {
    before,
    guaranteeHours,
    limit,
  }: { readonly before: Date; readonly guaranteeHours: number; readonly limit: number },
): Promise<readonly WholeOrder[]> {
  const query = openOrders(tx, pool)
    .where('tier', '=', 'spot')
    .where('guarantee_hours', '=', guaranteeHours)
    .where('created_at', '<', before)
    .orderBy('limit_usd', 'desc')
    .orderBy('sequence')
  return (await query.limit(limit).forUpdate().execute()).map(toOrder)
}

/** The open orders of a pool that are in line for room, by arrival, locked. */
export async function lockInLine(
  tx: Db,
  pool: string,
  limit: number,
): Promise<readonly WholeOrder[]> {
  const query = openOrders(tx, pool).where('tier', '=', 'on_demand').orderBy('sequence')
  return (await query.limit(limit).forUpdate().execute()).map(toOrder)
}

export async function hasOpenOrders(db: Db, pool: string): Promise<boolean> {
  return (await openOrders(db, pool).limit(1).execute()).length > 0
}

/** The open orders of a pool, by arrival. */
export async function listOpenOrders(db: Db, pool: string): Promise<readonly WholeOrder[]> {
  return (await openOrders(db, pool).orderBy('sequence').execute()).map(toOrder)
}

/** By pool, how long the first of those who wait for spot with a guarantee has waited. */
export async function headWaitsMs(db: Db, now: Date): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('market_order')
    .select(['pool_name', (eb) => eb.fn.min('created_at').as('first')])
    .where('closed_at', 'is', null)
    .where('guarantee_hours', '>', 0)
    .groupBy('pool_name')
    .execute()
  return new Map(rows.map(({ pool_name, first }) => [pool_name, now.getTime() - first.getTime()]))
}

function openOrders(db: Db, pool: string) {
  return db
    .selectFrom('market_order')
    .selectAll()
    .where('pool_name', '=', pool)
    .where('closed_at', 'is', null)
}

export interface OrderFilter {
  /** Null: of all organizations. */
  readonly organizationId: string | null
  readonly state?: OrderState | undefined
  readonly pool?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Newest first. */
export async function listOrders(db: Db, filter: OrderFilter): Promise<readonly WholeOrder[]> {
  const { organizationId, state, pool, cursor, limit } = filter
  let query = db.selectFrom('market_order').selectAll().orderBy('sequence', 'desc').limit(limit)
  if (organizationId !== null) query = query.where('organization_id', '=', organizationId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (pool !== undefined) query = query.where('pool_name', '=', pool)
  if (cursor !== undefined)
    query = query.where('sequence', '<', (eb) =>
      eb.selectFrom('market_order as last').select('last.sequence').where('last.id', '=', cursor),
    )
  return (await query.execute()).map(toOrder)
}

/** How an open order ends. */
export interface Closing {
  readonly state: Exclude<OrderState, 'pending' | 'standing'>
  readonly text: string
  readonly closedAt: Date
  readonly leaseId?: string
  readonly clearingId?: string
  readonly priceUsd?: Money
}

/** Closes orders that the caller has locked. */
export async function closeOrders(
  tx: Db,
  closings: readonly { readonly id: string; readonly closing: Closing }[],
): Promise<void> {
  const texts = (of: (closing: Closing) => string | null) =>
    arrayText(closings.map(({ closing }) => of(closing)))
  await sql`UPDATE market_order SET state = new.state, text = new.text, closed_at = new.closed_at,
      lease_id = new.lease_id, clearing_id = new.clearing_id, price_usd = new.price_usd
    FROM unnest(
      ${arrayText(closings.map(({ id }) => id))}::text[], ${texts(({ state }) => state)}::text[],
      ${texts(({ text }) => text)}::text[],
      ${texts(({ closedAt }) => closedAt.toISOString())}::timestamptz[],
      ${texts(({ leaseId }) => leaseId ?? null)}::text[],
      ${texts(({ clearingId }) => clearingId ?? null)}::text[],
      ${texts(({ priceUsd }) => (priceUsd === undefined ? null : renderMoney(priceUsd)))}::numeric[]
    ) AS new (id, state, text, closed_at, lease_id, clearing_id, price_usd)
    WHERE market_order.id = new.id`.execute(tx)
}

/** Orders that go on to the next window, each with why. */
export async function noteStanding(
  tx: Db,
  standing: readonly { readonly id: string; readonly text: string }[],
): Promise<void> {
  if (standing.length === 0) return
  await sql`UPDATE market_order SET state = 'standing', text = new.text
    FROM unnest(${standing.map(({ id }) => id)}::text[],
      ${standing.map(({ text }) => text)}::text[]) AS new (id, text)
    WHERE market_order.id = new.id AND market_order.closed_at IS NULL`.execute(tx)
}
