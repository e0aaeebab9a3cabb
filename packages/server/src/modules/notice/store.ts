/** SQL of webhooks and of the cursor over events. */
import type { WebhookEvent, WebhookScope, WebhookState } from '@spillway/contract'
import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Webhook } from './webhook.ts'

function toWebhook(row: Selectable<Schema['webhook']>): Webhook {
  return {
    id: row.id,
    organizationId: row.organization_id,
    isOperators: row.is_operators,
    scope: row.scope as WebhookScope,
    url: row.url,
    description: row.description,
    events: row.events as WebhookEvent[],
    state: row.state as WebhookState,
    sealedSecret: row.sealed_secret,
    sealedPreviousSecret: row.sealed_previous_secret,
    previousSecretUntil: row.previous_secret_until,
    createdAt: row.created_at,
    failingSince: row.failing_since,
    lastDeliveredAt: row.last_delivered_at,
  }
}

export async function insertWebhook(tx: Db, webhook: Webhook): Promise<void> {
  await tx
    .insertInto('webhook')
    .values({
      id: webhook.id,
      organization_id: webhook.organizationId,
      is_operators: webhook.isOperators,
      scope: webhook.scope,
      url: webhook.url,
      description: webhook.description,
      events: [...webhook.events],
      state: webhook.state,
      sealed_secret: webhook.sealedSecret,
      created_at: webhook.createdAt,
    })
    .execute()
}

/** Lets one webhook after the other be made for an organization, so that their number stays limited. */
export async function lockWebhooksOf(tx: Db, organizationId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`webhooks of ${organizationId}`}, 0))`.execute(
    tx,
  )
}

export async function listWebhooks(db: Db, organizationId: string): Promise<readonly Webhook[]> {
  const rows = await db
    .selectFrom('webhook')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('created_at')
    .execute()
  return rows.map(toWebhook)
}

export async function listEnabledWebhooks(db: Db): Promise<readonly Webhook[]> {
  const rows = await db
    .selectFrom('webhook')
    .selectAll()
    .where('state', '=', 'enabled')
    .orderBy('id')
    .execute()
  return rows.map(toWebhook)
}

export async function findWebhook(db: Db, id: string): Promise<Webhook | null> {
  const row = await db.selectFrom('webhook').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toWebhook(row) : null
}

/** Locks a webhook for a change in this transaction. */
export async function lockWebhook(tx: Db, id: string): Promise<Webhook | null> {
  const row = await tx
    .selectFrom('webhook')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? toWebhook(row) : null
}

export async function deleteWebhook(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('webhook').where('id', '=', id).execute()
}

export async function changeSecrets(
  tx: Db,
  id: string,
  secrets: Pick<Webhook, 'sealedSecret' | 'sealedPreviousSecret' | 'previousSecretUntil'>,
): Promise<void> {
  await tx
    .updateTable('webhook')
    .set({
      sealed_secret: secrets.sealedSecret,
      sealed_previous_secret: secrets.sealedPreviousSecret,
      previous_secret_until: secrets.previousSecretUntil,
    })
    .where('id', '=', id)
    .execute()
}

export async function changeHealth(
  tx: Db,
  id: string,
  health: Pick<Webhook, 'state' | 'failingSince' | 'lastDeliveredAt'>,
): Promise<void> {
  await tx
    .updateTable('webhook')
    .set({
      state: health.state,
      failing_since: health.failingSince,
      last_delivered_at: health.lastDeliveredAt,
    })
    .where('id', '=', id)
    .execute()
}

/** Sets the cursor where none was ever set: the first webhook is told of what comes after it was made. */
export async function startCursor(tx: Db, position: string): Promise<void> {
  await tx
    .insertInto('webhook_cursor')
    .values({ position })
    .onConflict((conflict) => conflict.column('singleton').doNothing())
    .execute()
}

/** Locks the cursor. Null: there never was a webhook. */
export async function lockCursor(tx: Db): Promise<string | null> {
  const row = await tx
    .selectFrom('webhook_cursor')
    .select('position')
    .forUpdate()
    .executeTakeFirst()
  return row?.position ?? null
}

export async function moveCursor(tx: Db, position: string): Promise<void> {
  await tx.updateTable('webhook_cursor').set({ position }).execute()
}
