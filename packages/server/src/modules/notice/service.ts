/** What people do with webhooks: make, rotate, enable, test, send again, delete. Nothing is sent from here. */
import { randomBytes } from 'node:crypto'
import type { WebhookEvent, WebhookScope } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { currentPosition } from '#platform/events/read.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { parseTarget, type Reach } from '#platform/outbound/target.ts'
import { openText, sealText } from '#platform/sealed-text.ts'
import { WEBHOOK_PREVIOUS_SECRET_VALID_MS, WEBHOOKS_MAX } from '../../limits.ts'
import * as deliveryStore from './delivery-store.ts'
import type { Delivery } from './delivery.ts'
import { renderSecret } from './signature.ts'
import * as store from './store.ts'
import { type Lane, type Message, testMessage, type Webhook } from './webhook.ts'

export interface NoticeDeps {
  readonly pepper: string
  readonly ids: IdSource
  /** The fleet file lets everybody's webhooks have private addresses. */
  readonly isPrivateAllowed: boolean
}

const SECRET_BYTES = 32
const SECRET_PURPOSE = 'webhook secrets'

/** The strand that sends what lies in one lane of one endpoint. */
export const DELIVERY_PROGRAM = 'webhook_delivery'

export function laneSubject(webhookId: string, lane: Lane): string {
  return `${lane}/${webhookId}`
}

/** Where a webhook may be. */
export function reachOf(
  { isOperators }: Pick<Webhook, 'isOperators'>,
  { isPrivateAllowed }: Pick<NoticeDeps, 'isPrivateAllowed'>,
): Reach {
  return { isPrivateAllowed: isPrivateAllowed || isOperators }
}

function newSecret(pepper: string): { readonly secret: string; readonly sealed: string } {
  const secret = renderSecret(randomBytes(SECRET_BYTES))
  return { secret, sealed: sealText(secret, { pepper, purpose: SECRET_PURPOSE }) }
}

/** The secrets that sign at this instant, the current one first. */
export function secretsOf(webhook: Webhook, pepper: string, now: Date): readonly string[] {
  const { sealedSecret, sealedPreviousSecret, previousSecretUntil } = webhook
  const isPreviousValid = previousSecretUntil !== null && now < previousSecretUntil
  return [sealedSecret, isPreviousValid ? sealedPreviousSecret : null].flatMap((sealed) =>
    sealed === null ? [] : [openText(sealed, { pepper, purpose: SECRET_PURPOSE })],
  )
}

export interface NewWebhook {
  readonly organizationId: string
  readonly isOperators: boolean
  readonly scope: WebhookScope
  readonly url: string
  readonly description: string
  readonly events: readonly WebhookEvent[]
  readonly now: Date
}

/** Creates a webhook; the secret is in the answer, and sealed in the database. */
export async function createWebhook(
  tx: Db,
  { now, ...wanted }: NewWebhook,
  deps: NoticeDeps,
): Promise<{ readonly webhook: Webhook; readonly secret: string }> {
  if (wanted.scope === 'fleet' && !wanted.isOperators)
    throw new Fault('permission.denied', 'The events of the whole fleet are for the operator.')
  const target = parseTarget(wanted.url, reachOf(wanted, deps))
  if (target.kind === 'refused')
    throw new Fault('webhook.address_refused', target.why, {
      fields: [{ field: 'body.url', message: target.why }],
    })
  await store.lockWebhooksOf(tx, wanted.organizationId)
  if ((await store.listWebhooks(tx, wanted.organizationId)).length >= WEBHOOKS_MAX)
    throw new Fault(
      'webhook.limit_reached',
      `An organization may have ${WEBHOOKS_MAX} webhooks, and has them.`,
    )
  const { secret, sealed } = newSecret(deps.pepper)
  const webhook: Webhook = {
    ...wanted,
    id: newId('webhook', deps.ids),
    url: target.url.href,
    events: [...new Set(wanted.events)],
    state: 'enabled',
    sealedSecret: sealed,
    sealedPreviousSecret: null,
    previousSecretUntil: null,
    createdAt: now,
    failingSince: null,
    lastDeliveredAt: null,
  }
  await store.startCursor(tx, await currentPosition(tx))
  await store.insertWebhook(tx, webhook)
  return { webhook, secret }
}

export interface Named {
  readonly id: string
  readonly organizationId: string
  readonly now: Date
}

function missing(id: string): Fault {
  return new Fault('webhook.not_found', `You have no webhook ${id}.`)
}

/** Throws `webhook.not_found` also for another organization's. */
export async function getWebhook(
  db: Db,
  { id, organizationId }: Pick<Named, 'id' | 'organizationId'>,
): Promise<Webhook> {
  const webhook = await store.findWebhook(db, id)
  if (webhook?.organizationId !== organizationId) throw missing(id)
  return webhook
}

async function lockOwn(tx: Db, { id, organizationId }: Named): Promise<Webhook> {
  const webhook = await store.lockWebhook(tx, id)
  if (webhook?.organizationId !== organizationId) throw missing(id)
  return webhook
}

export async function deleteWebhook(tx: Db, named: Named): Promise<Webhook> {
  const webhook = await lockOwn(tx, named)
  await store.deleteWebhook(tx, webhook.id)
  return webhook
}

/** Gives a new secret; the one before goes on for a while, any older one ends now. */
export async function rotateSecret(
  tx: Db,
  named: Named,
  { pepper }: NoticeDeps,
): Promise<{ readonly webhook: Webhook; readonly secret: string }> {
  const webhook = await lockOwn(tx, named)
  const { secret, sealed } = newSecret(pepper)
  const secrets = {
    sealedSecret: sealed,
    sealedPreviousSecret: webhook.sealedSecret,
    previousSecretUntil: new Date(named.now.getTime() + WEBHOOK_PREVIOUS_SECRET_VALID_MS),
  }
  await store.changeSecrets(tx, webhook.id, secrets)
  return { webhook: { ...webhook, ...secrets }, secret }
}

/** Enables a webhook; its failures so far are forgotten. */
export async function enableWebhook(tx: Db, named: Named): Promise<Webhook> {
  const webhook = await lockOwn(tx, named)
  const health = { ...webhook, state: 'enabled' as const, failingSince: null }
  await store.changeHealth(tx, webhook.id, health)
  if (webhook.state !== 'enabled')
    await emitEvent(tx, {
      at: named.now,
      type: 'webhook.enabled',
      organizationId: webhook.organizationId,
      subject: webhook.id,
    })
  return health
}

/** A delivery of a message, to be tried at once. */
export function newDelivery(
  message: Message,
  { id, webhookId, now }: { readonly id: string; readonly webhookId: string; readonly now: Date },
): Delivery {
  return {
    ...message,
    id,
    webhookId,
    state: 'pending',
    attempts: 0,
    createdAt: now,
    nextAttemptAt: now,
    recorded: null,
    lastAttemptAt: null,
    deliveredAt: null,
    lastStatus: null,
    lastFailure: null,
  }
}

export async function wakeLane(
  tx: Db,
  { webhookId, lane }: deliveryStore.LaneOf,
  at: Date,
): Promise<void> {
  const subject = laneSubject(webhookId, lane)
  await wakeStrand(tx, { program: DELIVERY_PROGRAM, subject }, at)
}

async function lockEnabled(tx: Db, named: Named): Promise<Webhook> {
  const webhook = await lockOwn(tx, named)
  if (webhook.state !== 'enabled')
    throw new Fault(
      'webhook.disabled',
      webhook.state === 'gone'
        ? 'The endpoint answered 410, so nothing is sent to it any more.'
        : 'Nothing could be delivered for days, so nothing is sent to it any more.',
    )
  return webhook
}

export async function testWebhook(tx: Db, named: Named, { ids }: NoticeDeps): Promise<Delivery> {
  const webhook = await lockEnabled(tx, named)
  const { now } = named
  const id = newId('webhookDelivery', ids)
  const message = testMessage(webhook, { deliveryId: id, now })
  const delivery = newDelivery(message, { id, webhookId: webhook.id, now })
  await deliveryStore.insertDeliveries(tx, [delivery])
  await wakeLane(tx, delivery, now)
  return delivery
}

/** Sends a message once more, at once and with all of its tries; the endpoint knows it by its id. */
export async function redeliver(
  tx: Db,
  { deliveryId, ...named }: Named & { readonly deliveryId: string },
): Promise<Delivery> {
  const webhook = await lockEnabled(tx, named)
  const delivery = await deliveryStore.lockDelivery(tx, deliveryId)
  if (delivery?.webhookId !== webhook.id)
    throw new Fault('webhook.delivery_not_found', `The webhook has no delivery ${deliveryId}.`)
  const change = {
    state: 'pending' as const,
    lane: 'urgent' as const,
    attempts: 0,
    nextAttemptAt: named.now,
  }
  await deliveryStore.changeDelivery(tx, delivery.id, change)
  await wakeLane(tx, { webhookId: webhook.id, lane: 'urgent' }, named.now)
  return { ...delivery, ...change }
}
