/** Webhooks over HTTP. */
import type { Routes } from '#platform/http/handler.ts'
import * as deliveryStore from './delivery-store.ts'
import type { Delivery } from './delivery.ts'
import {
  createWebhook,
  deleteWebhook,
  enableWebhook,
  getWebhook,
  type NoticeDeps,
  redeliver,
  rotateSecret,
  testWebhook,
} from './service.ts'
import * as store from './store.ts'
import type { Webhook } from './webhook.ts'

function renderInstant(instant: Date | null): string | null {
  return instant?.toISOString() ?? null
}

function renderWebhook(webhook: Webhook) {
  const { id, url, description, events, scope, state } = webhook
  return {
    ...{ id, url, description, events: [...events], scope, state },
    createdAt: webhook.createdAt.toISOString(),
    failingSince: renderInstant(webhook.failingSince),
    lastDeliveredAt: renderInstant(webhook.lastDeliveredAt),
    previousSecretUntil: renderInstant(webhook.previousSecretUntil),
  }
}

function renderDelivery(delivery: Delivery) {
  const { id, messageId, type, leaseId, state, attempts, lastStatus, lastFailure } = delivery
  return {
    ...{ id, messageId, type, leaseId, state, attempts, lastStatus, lastFailure },
    createdAt: delivery.createdAt.toISOString(),
    nextAttemptAt: renderInstant(delivery.nextAttemptAt),
    lastAttemptAt: renderInstant(delivery.lastAttemptAt),
    deliveredAt: renderInstant(delivery.deliveredAt),
  }
}

type Names =
  | 'listWebhooks'
  | 'createWebhook'
  | 'getWebhook'
  | 'deleteWebhook'
  | 'rotateWebhook'
  | 'enableWebhook'
  | 'testWebhook'
  | 'listWebhookDeliveries'
  | 'redeliverWebhook'

interface Asked {
  readonly params: { readonly id: string }
  readonly principal: { readonly organizationId: string }
  readonly now: Date
}

function named({ params, principal, now }: Asked) {
  return { id: params.id, organizationId: principal.organizationId, now }
}

export function noticeRoutes(deps: NoticeDeps): Pick<Routes, Names> {
  return {
    listWebhooks: async ({ db, principal }) => {
      const webhooks = await store.listWebhooks(db, principal.organizationId)
      return { items: webhooks.map(renderWebhook), nextCursor: null }
    },
    createWebhook: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, role } = principal
      const isOperators = role === 'operator'
      const wanted = { ...body, organizationId, isOperators, now }
      const { webhook, secret } = await createWebhook(db, wanted, deps)
      setTarget(webhook.id)
      return { webhook: renderWebhook(webhook), secret }
    },
    getWebhook: async (call) => renderWebhook(await getWebhook(call.db, named(call))),
    deleteWebhook: async (call) => renderWebhook(await deleteWebhook(call.db, named(call))),
    rotateWebhook: async (call) => {
      const { webhook, secret } = await rotateSecret(call.db, named(call), deps)
      return { webhook: renderWebhook(webhook), secret }
    },
    enableWebhook: async (call) => renderWebhook(await enableWebhook(call.db, named(call))),
    testWebhook: async (call) => renderDelivery(await testWebhook(call.db, named(call), deps)),
    listWebhookDeliveries: async (call) => {
      const { id: webhookId } = await getWebhook(call.db, named(call))
      const { limit } = call.query
      const items = await deliveryStore.listDeliveries(call.db, { ...call.query, webhookId })
      const last = items.length === limit ? items.at(-1) : undefined
      return { items: items.map(renderDelivery), nextCursor: last?.id ?? null }
    },
    redeliverWebhook: async (call) => {
      const wanted = { ...named(call), deliveryId: call.params.delivery }
      return renderDelivery(await redeliver(call.db, wanted))
    },
  }
}
