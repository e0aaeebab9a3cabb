/** SQL of deliveries: one row a message and endpoint. */
import { type Selectable, sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Delivery } from './delivery.ts'
import type { Lane } from './webhook.ts'

function toDelivery(row: Selectable<Schema['webhook_delivery']>): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    messageId: row.message_id,
    type: row.type,
    leaseId: row.lease_id,
    attempt: row.attempt,
    body: row.body,
    lane: row.lane as Lane,
    deadlineAt: row.deadline_at,
    state: row.state as Delivery['state'],
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at,
    recorded: row.recorded as Delivery['recorded'],
    lastAttemptAt: row.last_attempt_at,
    deliveredAt: row.delivered_at,
    lastStatus: row.last_status,
    lastFailure: row.last_failure,
  }
}

/** Adds deliveries; one that the endpoint has of the same message stays as it is. */
export async function insertDeliveries(tx: Db, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return
  await tx
    .insertInto('webhook_delivery')
    .values(
      deliveries.map((delivery) => ({
        id: delivery.id,
        webhook_id: delivery.webhookId,
        message_id: delivery.messageId,
        type: delivery.type,
        lease_id: delivery.leaseId,
        attempt: delivery.attempt,
        body: delivery.body,
        lane: delivery.lane,
        deadline_at: delivery.deadlineAt,
        state: delivery.state,
        created_at: delivery.createdAt,
        next_attempt_at: delivery.nextAttemptAt,
      })),
    )
    .onConflict((conflict) => conflict.columns(['webhook_id', 'message_id']).doNothing())
    .execute()
}

export interface LaneOf {
  readonly webhookId: string
  readonly lane: Lane
}

interface Due extends LaneOf {
  readonly now: Date
  readonly limit: number
}

function pending(db: Db, { webhookId, lane }: LaneOf) {
  return db
    .selectFrom('webhook_delivery')
    .where('webhook_id', '=', webhookId)
    .where('lane', '=', lane)
    .where('state', '=', 'pending')
}

/** Deliveries that are to be tried now, longest due first. */
export async function listDue(db: Db, { now, limit, ...of }: Due): Promise<readonly Delivery[]> {
  const rows = await pending(db, of)
    .selectAll()
    .where('next_attempt_at', '<=', now)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toDelivery)
}

/** Pending notices whose deadline has passed, of which the timeline does not say so yet. */
export async function listOverdue(
  db: Db,
  { now, limit, ...of }: Due,
): Promise<readonly Delivery[]> {
  const rows = await pending(db, of)
    .selectAll()
    .where('deadline_at', '<=', now)
    .where('recorded', 'is', null)
    .where('attempts', '>', 0)
    .limit(limit)
    .execute()
  return rows.map(toDelivery)
}

/** When a lane has something to do next; null when never. */
export async function nextInLane(db: Db, of: LaneOf): Promise<Date | null> {
  const row = await pending(db, of)
    .select(
      sql<Date | null>`least(min(next_attempt_at),
        min(deadline_at) FILTER (WHERE recorded IS NULL AND attempts > 0))`.as('at'),
    )
    .executeTakeFirst()
  return row?.at ?? null
}

export async function listPending(db: Db, of: LaneOf, limit: number): Promise<readonly Delivery[]> {
  return (await pending(db, of).selectAll().limit(limit).execute()).map(toDelivery)
}

/** Locks a delivery for a change in this transaction. */
export async function lockDelivery(tx: Db, id: string): Promise<Delivery | null> {
  const row = await tx
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? toDelivery(row) : null
}

type Change = Partial<
  Pick<
    Delivery,
    | 'state'
    | 'attempts'
    | 'lane'
    | 'nextAttemptAt'
    | 'recorded'
    | 'lastAttemptAt'
    | 'deliveredAt'
    | 'lastStatus'
    | 'lastFailure'
  >
>

const COLUMNS: Readonly<Record<keyof Change, string>> = {
  state: 'state',
  attempts: 'attempts',
  lane: 'lane',
  nextAttemptAt: 'next_attempt_at',
  recorded: 'recorded',
  lastAttemptAt: 'last_attempt_at',
  deliveredAt: 'delivered_at',
  lastStatus: 'last_status',
  lastFailure: 'last_failure',
}

/** Changes what is named and nothing else. */
export async function changeDelivery(tx: Db, id: string, change: Change): Promise<void> {
  const columns = Object.entries(change).map(([name, value]) => [
    COLUMNS[name as keyof Change],
    value,
  ])
  await tx
    .updateTable('webhook_delivery')
    .set(Object.fromEntries(columns))
    .where('id', '=', id)
    .execute()
}

export interface DeliveryFilter {
  readonly webhookId: string
  readonly state?: Delivery['state'] | undefined
  /** Only deliveries older than this one; ids are in time order. */
  readonly cursor?: string | undefined
  readonly limit: number
}

export async function listDeliveries(
  db: Db,
  { webhookId, state, cursor, limit }: DeliveryFilter,
): Promise<readonly Delivery[]> {
  let query = db
    .selectFrom('webhook_delivery')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .orderBy('id', 'desc')
    .limit(limit)
  if (state) query = query.where('state', '=', state)
  if (cursor) query = query.where('id', '<', cursor)
  return (await query.execute()).map(toDelivery)
}

/** Removes deliveries that are over and old. */
export async function deleteOldDeliveries(db: Db, before: Date): Promise<void> {
  await db
    .deleteFrom('webhook_delivery')
    .where('created_at', '<', before)
    .where('state', '<>', 'pending')
    .execute()
}
