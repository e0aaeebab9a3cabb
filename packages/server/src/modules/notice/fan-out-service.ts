/**
 * Turns events into deliveries. The cursor moves in the transaction that inserts them, so that each event makes exactly
 * one delivery for each endpoint that is told of it, whenever the process dies.
 */
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { readEvents, type StoredEvent } from '#platform/events/read.ts'
import { EVENT_HELD_UP_LOOK_MS, EVENT_PAGE_ROWS, WEBHOOK_LOOK_EVERY_MS } from '../../limits.ts'
import { insertDeliveries } from './delivery-store.ts'
import type { Delivery } from './delivery.ts'
import { newDelivery, wakeLane } from './service.ts'
import * as store from './store.ts'
import { isToldOf, LANES, messageOf } from './webhook.ts'

export interface FanOutDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
}

async function deliveriesOf(
  tx: Db,
  events: readonly StoredEvent[],
  { now, ids }: FanOutDeps,
): Promise<readonly Delivery[]> {
  const webhooks = await store.listEnabledWebhooks(tx)
  return events.flatMap((event) =>
    webhooks
      .filter((webhook) => isToldOf(webhook, event))
      .map(({ id: webhookId }) => {
        const id = newId('webhookDelivery', ids)
        return newDelivery(messageOf(event), { id, webhookId, now: now() })
      }),
  )
}

/** In one order for everybody, because each is a row that is locked. */
async function wakeLanes(tx: Db, deliveries: readonly Delivery[], at: Date): Promise<void> {
  const webhookIds = [...new Set(deliveries.map((delivery) => delivery.webhookId))].toSorted()
  for (const webhookId of webhookIds)
    for (const lane of LANES)
      if (deliveries.some((each) => each.webhookId === webhookId && each.lane === lane))
        await wakeLane(tx, { webhookId, lane }, at)
}

/** Handles a page of events. Returns how soon to look again when nothing is heard. */
export function fanOut(deps: FanOutDeps): Promise<number> {
  return inTransaction(deps.database, async (tx) => {
    const after = await store.lockCursor(tx)
    if (after === null) return WEBHOOK_LOOK_EVERY_MS
    const { events, next, isHeldUp } = await readEvents(tx, { after, organizationId: null })
    const idleMs = isHeldUp ? EVENT_HELD_UP_LOOK_MS : WEBHOOK_LOOK_EVERY_MS
    if (events.length === 0) return idleMs
    const deliveries = await deliveriesOf(tx, events, deps)
    await insertDeliveries(tx, deliveries)
    await wakeLanes(tx, deliveries, deps.now())
    await store.moveCursor(tx, next)
    return events.length === EVENT_PAGE_ROWS ? 0 : idleMs
  })
}
