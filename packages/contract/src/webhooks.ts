/**
 * Webhooks: an organization's endpoints that are told what happens to its leases, signed as Standard Webhooks. The
 * secret is shown once, when it is made.
 */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Instant, Limit, WebhookDeliveryId, WebhookId, list } from './primitives.ts'

/** What an endpoint can be told of. */
export const WebhookEvent = z.enum([
  'lease.created',
  'lease.placed',
  'lease.started',
  'lease.risk_elevated',
  'lease.risk_delivered',
  'lease.risk_passed',
  'lease.notice_given',
  'lease.notice_shortened',
  'lease.notice_delivered',
  'lease.notice_delivery_failed',
  'lease.stopping',
  'lease.confirmed_gone',
  'lease.requeued',
  'lease.ended',
  'lease.reclaim_credited',
  'model.retirement_announced',
  'model.retirement_near',
  'model.retired',
])
export type WebhookEvent = z.infer<typeof WebhookEvent>

/** What an endpoint is told of when it does not say: everything about being taken back. */
export const WEBHOOK_DEFAULT_EVENTS: readonly WebhookEvent[] = [
  'lease.risk_elevated',
  'lease.risk_passed',
  'lease.notice_given',
  'lease.notice_shortened',
  'lease.stopping',
  'lease.confirmed_gone',
  'lease.reclaim_credited',
  'model.retirement_announced',
  'model.retirement_near',
  'model.retired',
]

/** `organization`: the events of one's own leases. `fleet`: of everybody's; for the operator. */
export const WebhookScope = z.enum(['organization', 'fleet'])
export type WebhookScope = z.infer<typeof WebhookScope>

/** `failing`: disabled after days without a success. `gone`: the endpoint answered 410. */
export const WebhookState = z.enum(['enabled', 'failing', 'gone'])
export type WebhookState = z.infer<typeof WebhookState>

export const Webhook = z.object({
  id: WebhookId,
  url: z.string(),
  description: z.string(),
  events: z.array(WebhookEvent),
  scope: WebhookScope,
  state: WebhookState,
  createdAt: Instant,
  /** Since when no delivery has succeeded; null while they do. */
  failingSince: Instant.nullable(),
  lastDeliveredAt: Instant.nullable(),
  /** After a rotation, the secret before it signs too until then. */
  previousSecretUntil: Instant.nullable(),
})
export type Webhook = z.infer<typeof Webhook>

export const WebhookDelivery = z.object({
  id: WebhookDeliveryId,
  /** What the endpoint gets as `webhook-id`: the same for every try of one event. */
  messageId: z.string(),
  type: z.string(),
  /** The lease it is about; null for a test. */
  leaseId: z.string().nullable(),
  state: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.number().int(),
  createdAt: Instant,
  /** When it is tried next; null once it is over. */
  nextAttemptAt: Instant.nullable(),
  lastAttemptAt: Instant.nullable(),
  deliveredAt: Instant.nullable(),
  /** The HTTP status of the last answer; null when there was none. */
  lastStatus: z.number().int().nullable(),
  /** Why the last attempt did not count, as a sentence. */
  lastFailure: z.string().nullable(),
})
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

const WebhookWithSecret = z.object({ webhook: Webhook, secret: z.string() })
const byId = z.strictObject({ id: WebhookId })

export const listWebhooks = endpoint({
  id: 'webhook.list',
  method: 'GET',
  path: '/webhooks',
  summary: 'List the organization\u2019s webhooks',
  permission: 'webhook.list',
  returns: list(Webhook),
})

export const createWebhook = endpoint({
  id: 'webhook.create',
  method: 'POST',
  path: '/webhooks',
  summary: 'Create a webhook; the answer holds its signing secret, once',
  permission: 'webhook.create',
  body: z.strictObject({
    url: z.string().min(1).max(2000),
    description: z.string().max(200).default(''),
    events: z
      .array(WebhookEvent)
      .min(1)
      .max(WebhookEvent.options.length)
      .default([...WEBHOOK_DEFAULT_EVENTS]),
    scope: WebhookScope.default('organization').meta({
      description: 'fleet: the events of every organization\u2019s leases; for the operator.',
    }),
  }),
  returns: WebhookWithSecret,
  errors: ['webhook.address_refused', 'webhook.limit_reached'],
  status: 201,
})

export const getWebhook = endpoint({
  id: 'webhook.get',
  method: 'GET',
  path: '/webhooks/{id}',
  summary: 'Get a webhook',
  permission: 'webhook.list',
  params: byId,
  returns: Webhook,
  errors: ['webhook.not_found'],
})

export const deleteWebhook = endpoint({
  id: 'webhook.delete',
  method: 'DELETE',
  path: '/webhooks/{id}',
  summary: 'Delete a webhook with its deliveries; nothing more is sent',
  permission: 'webhook.delete',
  params: byId,
  returns: Webhook,
  errors: ['webhook.not_found'],
})

export const rotateWebhook = endpoint({
  id: 'webhook.rotate',
  method: 'POST',
  path: '/webhooks/{id}/rotate',
  summary: 'Give a webhook a new secret; for a day the old one signs too',
  permission: 'webhook.change',
  params: byId,
  returns: WebhookWithSecret,
  errors: ['webhook.not_found'],
})

export const enableWebhook = endpoint({
  id: 'webhook.enable',
  method: 'POST',
  path: '/webhooks/{id}/enable',
  summary: 'Enable a webhook again that was disabled because it failed',
  permission: 'webhook.change',
  params: byId,
  returns: Webhook,
  errors: ['webhook.not_found'],
})

export const testWebhook = endpoint({
  id: 'webhook.test',
  method: 'POST',
  path: '/webhooks/{id}/test',
  summary: 'Send a webhook.test message; the delivery tells how it went',
  permission: 'webhook.change',
  params: byId,
  returns: WebhookDelivery,
  errors: ['webhook.not_found', 'webhook.disabled'],
  status: 201,
})

export const listWebhookDeliveries = endpoint({
  id: 'webhook.deliveries',
  method: 'GET',
  path: '/webhooks/{id}/deliveries',
  summary: 'List what was sent to a webhook, newest first',
  permission: 'webhook.list',
  params: byId,
  query: z.strictObject({
    state: WebhookDelivery.shape.state.optional(),
    cursor: z.string().max(100).optional(),
    limit: Limit,
  }),
  returns: list(WebhookDelivery),
  errors: ['webhook.not_found'],
})

export const redeliverWebhook = endpoint({
  id: 'webhook.redeliver',
  method: 'POST',
  path: '/webhooks/{id}/deliveries/{delivery}/redeliver',
  summary: 'Send a message once more, with the same id',
  permission: 'webhook.change',
  params: z.strictObject({ id: WebhookId, delivery: WebhookDeliveryId }),
  returns: WebhookDelivery,
  errors: ['webhook.not_found', 'webhook.delivery_not_found', 'webhook.disabled'],
})
